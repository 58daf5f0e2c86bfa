package native

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"ringwall/internal/egress/authority"
)

// Bounds of what is read.
const (
	largestStore = 8 << 20
	mostStores   = 2000 // files of a folder
)

// readAuthorities reads the files that the policy names. Each has to hold
// certificates, and nothing else is passed on. No link leads into the project,
// where an agent's change would choose whom the gateway believes.
func readAuthorities(paths []string, project string) ([]byte, error) {
	var out []byte
	for _, path := range paths {
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			return nil, err
		}
		if real == project || strings.HasPrefix(real, project+"/") {
			return nil, fmt.Errorf("%s leads into the project", path)
		}
		text, err := readBounded(real)
		if err != nil {
			return nil, err
		}
		certs, err := authority.Certificates(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out = append(out, authority.Encode(certs)...)
	}
	return out, nil
}

// systemAuthorities reads the host's bundle, or its folder of certificates.
func systemAuthorities(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return readBounded(path)
	}
	return folderAuthorities(path)
}

// folderAuthorities puts a folder of single certificates together. What is no
// certificate has no business in it and is passed over, as by the programs that
// read such a folder.
func folderAuthorities(dir string) ([]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []byte
	for _, e := range entries[:min(len(entries), mostStores)] {
		if !certificateName(e.Name()) {
			continue
		}
		text, err := readBounded(filepath.Join(dir, e.Name()))
		if err != nil {
			continue
		}
		if certs, err := authority.Certificates(text); err == nil {
			all = append(all, authority.Encode(certs)...)
		}
	}
	certs, err := authority.Certificates(all) // each once: most have two names
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return authority.Encode(certs), nil
}

// certificateName takes "x.pem", "x.crt" and a hash with a number, "5ed36f99.0".
func certificateName(name string) bool {
	ext := filepath.Ext(name)
	return ext == ".pem" || ext == ".crt" || len(name) == len("5ed36f99.0") && strings.Trim(name, "0123456789abcdef.") == ""
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	text.Grow(int(min(info.Size(), largestStore)) + bytes.MinRead)
	if _, err := io.CopyN(&text, f, largestStore+1); err != io.EOF {
		return nil, cmp.Or(err, fmt.Errorf("%s: larger than %d MiB", path, largestStore>>20))
	}
	return text.Bytes(), nil
}
