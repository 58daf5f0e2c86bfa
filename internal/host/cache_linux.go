package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"ringwall/internal/kernel/direct"
	"ringwall/internal/kernel/namespace"
)

// cached is what trying found, bound to everything that it depends on.
// Only a host that can do it all is remembered: a lack is looked at anew each
// time, and should a remembered ability be gone, the start itself fails and
// says why. So nothing rests on this but time.
type cached struct {
	Key    string `json:"key"`
	Idmap  bool   `json:"idmap"`
	Beside bool   `json:"beside,omitempty"`
	// Cgroups is where groups can be made. Nothing is remembered of a place
	// that was not found.
	Cgroups Cgroups `json:"cgroups,omitzero"`
	// Over are the projects that can lie below an overlay.
	Over []string `json:"over,omitempty"`
}

func (f *Facts) cacheFile() string { return filepath.Join(f.StateDir, "probe.json") }

// cacheKey names this boot, this user, this binary and this state directory.
func (f *Facts) cacheKey() string {
	boot := readFile("/proc/sys/kernel/random/boot_id")
	exe, err1 := os.Stat("/proc/self/exe")
	dir, err2 := os.Stat(f.StateDir)
	if boot == "" || err1 != nil || err2 != nil {
		return ""
	}
	// Values that hold no pointer: an address would be another at each start.
	id, delegated, account := f.Identity(), namespace.Delegation{}, Account{}
	if id.Delegated != nil {
		delegated = *id.Delegated
	}
	if f.Account != nil {
		account = *f.Account
	}
	return fmt.Sprint([]any{boot, f.Kernel, f.UID, f.GID,
		id.HostUID, id.HostGID, id.UID, id.GID, id.DropGroups, delegated, account,
		changed("/etc/subuid"), changed("/etc/subgid"), exe.ModTime().UnixNano(), exe.Size(), inode(exe), inode(dir),
		readFile("/proc/sys/user/max_user_namespaces"), readFile("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
		namespaceOf("user"), namespaceOf("mnt"), readFile("/proc/self/cgroup"),
		strings.Count(readFile("/proc/swaps"), "\n")})
}

func inode(info fs.FileInfo) [2]uint64 {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return [2]uint64{}
	}
	return [2]uint64{uint64(stat.Dev), stat.Ino}
}

// changed tells one content of a file from the next.
func changed(path string) [3]int64 {
	var st syscall.Stat_t
	if syscall.Stat(path, &st) != nil {
		return [3]int64{}
	}
	return [3]int64{int64(st.Ino), st.Ctim.Nano(), st.Size}
}

func namespaceOf(kind string) string {
	link, _ := os.Readlink("/proc/self/ns/" + kind)
	return link
}

// recall fills in what an earlier start found; false: it has to be tried.
func (f *Facts) recall(key string) bool {
	data, err := direct.Read(f.cacheFile())
	var c cached
	if err != nil || json.Unmarshal(data, &c) != nil || c.Key == "" || c.Key != key {
		return false
	}
	f.Sandbox, f.Overlay = Ability{OK: true}, Ability{OK: true}
	f.Idmap = Ability{OK: c.Idmap}
	f.over = c.Over
	if f.Cgroups = c.Cgroups; c.Cgroups.Version == 0 {
		f.Cgroups = findCgroups()
	}
	if c.Beside {
		var err error
		f.Mappers.UID, f.Mappers.GID, err = namespace.FindMappers()
		f.Beside = Ability{OK: err == nil}
	}
	return true
}

// remember keeps a full success for the next start.
func (f *Facts) remember(key string) {
	if !f.Sandbox.OK || !f.Overlay.OK {
		f.Forget()
		return
	}
	data, err := json.Marshal(cached{Key: key, Idmap: f.Idmap.OK, Beside: f.Beside.OK, Cgroups: f.Cgroups, Over: f.over})
	if err != nil {
		return
	}
	tmp := f.cacheFile() + ".new"
	if os.WriteFile(tmp, data, 0o600) == nil {
		os.Rename(tmp, f.cacheFile())
	}
}

// Forget drops what is remembered: a start that rested on it failed.
func (f *Facts) Forget() error {
	err := os.Remove(f.cacheFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
