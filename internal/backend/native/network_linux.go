package native

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"ringwall/internal/egress"
	"ringwall/internal/egress/apart"
	"ringwall/internal/egress/credform"
	"ringwall/internal/evidence"
	"ringwall/internal/kernel/direct"
	"ringwall/internal/kernel/mount"
	"ringwall/internal/kernel/namespace"
	"ringwall/internal/plan"
)

// openGateway checks what the gateway will be told. Its process is started when
// somebody first connects.
func (r *run) openGateway() error {
	cfg := apart.Config{
		Config: egress.Config{Plan: r.plan, Secrets: r.native.Secrets, Placeholders: r.placeholders, Decoys: r.decoyValues(),
			Recorder: alarms{r}, Roots: r.stores.extra, Refresh: r.native.Refresh},
		Env: r.native.Host.Env,
	}
	who := r.gatewayProcess()
	if who == nil && len(egress.Sockets(r.plan)) > 0 {
		return errors.New("the plan does not say who the gateway is")
	}
	if who != nil {
		cfg.Landlock = who.Landlock
		cfg.Identity = namespace.Identity{HostUID: who.HostUID, HostGID: who.HostGID, UID: who.HostUID, GID: who.HostGID,
			DropGroups: r.native.Host.IsRoot()}
	}
	if a := r.stores.authority; a != nil {
		cfg.Authority = a
	}
	var err error
	r.gateway, err = apart.New(cfg)
	return err
}

// gatewayProcess is what the plan says of it; nil: nothing.
func (r *run) gatewayProcess() *plan.Apart {
	for _, c := range r.plan.Controls {
		if c.Want.Apart != nil && c.Status != plan.Unavailable {
			return c.Want.Apart
		}
	}
	return nil
}

// gatewayLost notes why nothing can go on.
func (r *run) gatewayLost(err error) {
	r.record(evidence.Event{Warning: &evidence.Warning{Message: "the gateway was lost: " + evidence.Printable(err.Error())}})
}

// choosePlaceholders makes this run's stand-ins for the real credentials.
func (r *run) choosePlaceholders() error {
	r.placeholders = map[string]string{}
	for _, c := range r.credentials() {
		v := credform.Value{}
		var err error
		for range 8 { // a short one with many dashes would be no tripwire
			if v.Secret, err = credform.Placeholder(c.Shape, direct.Random); err != nil {
				return err
			}
			if len(egress.Watched(c.Shape, v.Encode())) > 0 {
				break
			}
		}
		if c.IDEnv != "" {
			if v.ID, err = credform.Placeholder(credform.IDShape, direct.Random); err != nil {
				return err
			}
		}
		r.placeholders[c.Name] = v.Encode()
	}
	return nil
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
		v, _ := credform.Decode(r.placeholders[c.Name]) // encoded above
		vars[c.KeyEnv], vars[c.IDEnv] = v.Secret, v.ID
		if c.BaseURLEnv != "" && c.Listen != 0 {
			vars[c.BaseURLEnv] = c.BaseURL()
		}
	}
	delete(vars, "")
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
