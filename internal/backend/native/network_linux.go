package native

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"ringwall/internal/egress"
	"ringwall/internal/kernel/direct"
	"ringwall/internal/kernel/mount"
	"ringwall/internal/plan"
)

func (r *run) openGateway() error {
	cfg := egress.Config{Plan: r.plan, Secrets: r.native.Secrets,
		Placeholders: r.placeholders, Recorder: r.recorder, Roots: r.stores.extra}
	if a := r.stores.authority; a != nil {
		cfg.Authority = a
	}
	var err error
	r.gateway, err = egress.New(cfg)
	return err
}

// choosePlaceholders makes this run's stand-ins for the real credentials.
func (r *run) choosePlaceholders() error {
	r.placeholders = map[string]string{}
	for _, c := range r.credentials() {
		text, err := random(48)
		if err != nil {
			return err
		}
		r.placeholders[c.Name] = strings.Replace(c.Shape, "%s", text, 1)
	}
	return nil
}

// random is n characters that nobody can guess.
func random(n int) (string, error) {
	b := make([]byte, n)
	if err := direct.Random(b); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b)[:n], nil
}

// credentials lists those that the plan can keep outside.
func (r *run) credentials() []*plan.Credential {
	var out []*plan.Credential
	for _, c := range r.plan.Controls {
		if c.Want.Credential != nil && c.Status != plan.Unavailable {
			out = append(out, c.Want.Credential)
		}
	}
	return out
}

// credentialEnv is what the agent gets in place of the real values.
func (r *run) credentialEnv() map[string]string {
	vars := map[string]string{}
	for _, c := range r.credentials() {
		if c.KeyEnv != "" {
			vars[c.KeyEnv] = r.placeholders[c.Name]
		}
		if c.BaseURLEnv != "" {
			vars[c.BaseURLEnv] = fmt.Sprintf("http://127.0.0.1:%d", c.Listen)
		}
	}
	return vars
}

// mapped shows the project and the iteration's directory to the agent's
// account as its own. On disk everything belongs to the project's owner.
func (r *run) mapped(dirs ...string) ([]*os.File, error) {
	if r.native.Host.Account == nil {
		return nil, errors.New("no account to map to")
	}
	uid, gid := r.native.ProjectOwner[0], r.native.ProjectOwner[1]
	own := []string{"", "upper", "work"}
	if r.native.Above {
		own = append(own, "check", "check/upper", "check/work")
	}
	for _, d := range own {
		if err := chown(filepath.Join(r.native.IterDir, d), uid, gid); err != nil {
			return nil, err
		}
	}
	var err error
	if r.mapping, err = r.ahead.takeMapping(); err != nil {
		return nil, err
	}
	return r.mapping.Mounts(r.native.Host, uid, gid, dirs...)
}

// chown gives a file of ours to somebody, if it is not theirs already.
func chown(path string, uid, gid int) error {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err == nil && int(st.Uid) == uid && int(st.Gid) == gid {
		return nil
	}
	return os.Chown(path, uid, gid)
}

// treeForAccount is the workspace as the agent's account gets it from root.
func (r *run) treeForAccount(dir string, direct bool) (*os.File, error) {
	if !direct {
		fd, err := mount.Clone(unix.AT_FDCWD, dir, mount.Attributes{})
		return os.NewFile(uintptr(fd), dir), err
	}
	if r.native.Host.Account == nil {
		return nil, errors.New("no account to map to")
	}
	files, err := r.native.Host.Mapped(r.native.ProjectOwner[0], r.native.ProjectOwner[1], dir)
	if err != nil {
		return nil, err
	}
	return files[0], nil
}

// cloneForChild copies a mount for a first process that could not walk to it.
func cloneForChild(m *plan.Mount) (int, error) {
	return mount.Clone(unix.AT_FDCWD, m.Source, mount.Attributes{ReadOnly: !m.Writable, NoExec: m.NoExec})
}
