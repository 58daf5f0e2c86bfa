package egresstest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"io"
	"net"
	"net/http/cgi"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
)

// Git is a server of repositories: over HTTP, and over SSH on port 22.
type Git struct {
	*Site
	Repository string // its path in a URL: "/repo.git"
	Key        string // of the one user that SSH lets in, PEM
	KnownHosts string // the server's line for clients

	root string
	mu   sync.Mutex
	ran  []string
}

// Git makes a server with one repository that has one commit with a file
// "hello", and takes pushes.
func (n *Net) Git(name string) *Git {
	n.t.Helper()
	g := &Git{Repository: "/repo.git", root: n.t.TempDir()}
	g.seed(n)
	back := cgi.Handler{Path: filepath.Join(strings.TrimSpace(n.git(g.root, "--exec-path")), "git-http-backend"),
		Env: []string{"GIT_PROJECT_ROOT=" + g.root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=test", "HOME=" + g.root}, Stderr: io.Discard}
	g.Site = n.Web(name, &back)
	g.startSSH(n)
	return g
}

func (n *Net) git(dir string, args ...string) string {
	n.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b"}
	out, err := cmd.Output()
	if err != nil {
		n.t.Fatalf("git %v: %v", args, err)
	}
	return string(out)
}

func (g *Git) seed(n *Net) {
	n.t.Helper()
	work := filepath.Join(g.root, "work")
	n.git(g.root, "init", "--quiet", "--bare", "-b", "main", "repo.git")
	n.git(filepath.Join(g.root, "repo.git"), "config", "http.receivepack", "true")
	n.git(g.root, "clone", "--quiet", "repo.git", work)
	if err := os.WriteFile(filepath.Join(work, "hello"), []byte("hello\n"), 0o644); err != nil {
		n.t.Fatal(err)
	}
	n.git(work, "add", "hello")
	n.git(work, "commit", "--quiet", "-m", "first")
	n.git(work, "push", "--quiet", "origin", "HEAD:main")
}

// Branches lists what the repository has.
func (g *Git) Branches(n *Net) string {
	return n.git(filepath.Join(g.root, "repo.git"), "branch", "--format=%(refname:short)")
}

// Commands lists what was started over SSH.
func (g *Git) Commands() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.ran...)
}

func (g *Git) startSSH(n *Net) {
	n.t.Helper()
	host, _ := newKey(n)
	user, text := newKey(n)
	g.Key, g.KnownHosts = text, g.Name+" "+string(ssh.MarshalAuthorizedKey(host.PublicKey()))
	conf := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if !bytes.Equal(key.Marshal(), user.PublicKey().Marshal()) {
			return nil, ssh.ErrNoAuth
		}
		return nil, nil
	}}
	conf.AddHostKey(host)
	for _, a := range []string{g.V4, g.V6} {
		n.Serve(At(a, 22), func(c net.Conn) { g.serveSSH(c, conf) })
	}
}

func newKey(n *Net) (ssh.Signer, string) {
	n.t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		n.t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		n.t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		n.t.Fatal(err)
	}
	return s, string(pem.EncodeToMemory(block))
}

func (g *Git) serveSSH(c net.Conn, conf *ssh.ServerConfig) {
	conn, channels, requests, err := ssh.NewServerConn(c, conf)
	if err != nil {
		return
	}
	defer conn.Close()
	go ssh.DiscardRequests(requests)
	for ch := range channels {
		if ch.ChannelType() != "session" {
			_ = ch.Reject(ssh.UnknownChannelType, "sessions only")
			continue
		}
		if session, asked, err := ch.Accept(); err == nil {
			g.session(session, asked)
		}
	}
}

// session runs the one program that is asked for.
func (g *Git) session(c ssh.Channel, asked <-chan *ssh.Request) {
	defer c.Close()
	for r := range asked {
		if r.Type != "exec" {
			_ = r.Reply(r.Type == "env", nil)
			continue
		}
		var line struct{ Text string }
		if ssh.Unmarshal(r.Payload, &line) != nil {
			return
		}
		_ = r.Reply(true, nil)
		_, _ = c.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{g.execute(c, line.Text)}))
		return
	}
}

// execute takes "git-upload-pack '/repo.git'" and its opposite.
func (g *Git) execute(c ssh.Channel, line string) uint32 {
	g.mu.Lock()
	g.ran = append(g.ran, line)
	g.mu.Unlock()
	program, path, _ := strings.Cut(line, " ")
	if program != "git-upload-pack" && program != "git-receive-pack" || strings.Trim(path, "'") != g.Repository {
		return 1
	}
	cmd := exec.Command("git", strings.TrimPrefix(program, "git-"), filepath.Join(g.root, g.Repository))
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + g.root}
	cmd.Stdout, cmd.Stderr = c, c.Stderr()
	stdin, err := cmd.StdinPipe() // copied here, so that Wait does not wait for the client
	if err != nil {
		return 1
	}
	if err := cmd.Start(); err != nil {
		return 1
	}
	go func() { _, _ = io.Copy(stdin, c); stdin.Close() }()
	if err := cmd.Wait(); err != nil {
		return 1
	}
	return 0
}
