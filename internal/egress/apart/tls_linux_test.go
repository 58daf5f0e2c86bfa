package apart

import (
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// TestCertificates: the gateway trusts what the owner's environment names, and
// nothing that it does not.
func TestCertificates(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(echoKey))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	dir := t.TempDir()
	file := filepath.Join(dir, "own.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, block, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		env  map[string]string
		code int
	}{
		"a file":                   {map[string]string{"SSL_CERT_FILE": file}, 200},
		"a folder":                 {map[string]string{"SSL_CERT_DIR": "/nowhere:" + dir}, 200},
		"nothing":                  {nil, http.StatusBadGateway},
		"a file that is not there": {map[string]string{"SSL_CERT_FILE": file + "x"}, http.StatusBadGateway},
	} {
		r := newRig(t, nil, func(cfg *Config) {
			k := cfg.Plan.Controls[1].Want.Credential
			k.Scheme, k.Port = "https", server.Listener.Addr().(*net.TCPAddr).Port
			cfg.Env = c.env
		})
		if code, body, err := r.get(); err != nil || code != c.code {
			t.Errorf("%s: %d %q %v", name, code, body, err)
		}
	}
}
