package egresstest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
)

// files serves fixed contents by path; a HEAD request too.
type files map[string][]byte

// ServeHTTP implements http.Handler.
func (f files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, ok := f[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	switch {
	case bytes.HasPrefix(body, []byte("{")):
		w.Header().Set("Content-Type", "application/json")
	case bytes.HasPrefix(body, []byte("<")):
		w.Header().Set("Content-Type", "text/html")
	default:
		w.Header().Set("Content-Type", "application/octet-stream")
	}
	_, _ = w.Write(body)
}

// NPM is a registry with the package "greeting" 1.0.0, which exports a text.
func (n *Net) NPM(name string) *Site {
	n.t.Helper()
	tgz := tarball(n, map[string]string{
		"package/package.json": `{"name": "greeting", "version": "1.0.0", "main": "index.js"}`,
		"package/index.js":     `module.exports = "hello from the registry";`,
	})
	sum := sha512.Sum512(tgz)
	meta := fmt.Sprintf(`{"name": "greeting", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {"name": "greeting", "version": "1.0.0",
		"dist": {"tarball": "https://%s/greeting/-/greeting-1.0.0.tgz", "integrity": "sha512-%s"}}}}`, name, base64.StdEncoding.EncodeToString(sum[:]))
	return n.Web(name, files{"/greeting": []byte(meta), "/greeting/-/greeting-1.0.0.tgz": tgz})
}

func tarball(n *Net, content map[string]string) []byte {
	n.t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	for name, text := range content {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			n.t.Fatal(err)
		}
		_, _ = w.Write([]byte(text))
	}
	w.Close()
	z.Close()
	return out.Bytes()
}

// PyPI is a package index with the package "greeting" 1.0.0, a module with a
// constant TEXT. The index is at /simple/.
func (n *Net) PyPI(name string) *Site {
	n.t.Helper()
	const file = "greeting-1.0.0-py3-none-any.whl"
	wheel := zipped(n, map[string]string{
		"greeting.py":                       `TEXT = "hello from the index"`,
		"greeting-1.0.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0.0\n",
		"greeting-1.0.0.dist-info/WHEEL":    "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
		"greeting-1.0.0.dist-info/RECORD":   "greeting.py,,\ngreeting-1.0.0.dist-info/METADATA,,\ngreeting-1.0.0.dist-info/WHEEL,,\ngreeting-1.0.0.dist-info/RECORD,,\n",
	})
	sum := sha256.Sum256(wheel)
	page := fmt.Sprintf(`<!DOCTYPE html><html><body><a href="/files/%s#sha256=%s">%s</a></body></html>`, file, hex.EncodeToString(sum[:]), file)
	return n.Web(name, files{"/simple/greeting/": []byte(page), "/files/" + file: wheel})
}

// GoProxy is a module proxy with example.test/greeting v1.0.0, a package with a
// constant Text.
func (n *Net) GoProxy(name string) *Site {
	n.t.Helper()
	const mod = "module example.test/greeting\n\ngo 1.21\n"
	const at = "/example.test/greeting/@v/"
	module := zipped(n, map[string]string{
		"example.test/greeting@v1.0.0/go.mod":      mod,
		"example.test/greeting@v1.0.0/greeting.go": "package greeting\n\nconst Text = \"hello from the proxy\"\n",
	})
	return n.Web(name, files{at + "list": []byte("v1.0.0\n"), at + "v1.0.0.info": []byte(`{"Version": "v1.0.0", "Time": "2026-01-01T00:00:00Z"}`),
		at + "v1.0.0.mod": []byte(mod), at + "v1.0.0.zip": module})
}

func zipped(n *Net, content map[string]string) []byte {
	n.t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range content {
		w, err := z.Create(name)
		if err != nil {
			n.t.Fatal(err)
		}
		_, _ = w.Write([]byte(text))
	}
	if err := z.Close(); err != nil {
		n.t.Fatal(err)
	}
	return out.Bytes()
}
