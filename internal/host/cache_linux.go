package host

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"ringwall/internal/kernel/namespace"
	"ringwall/internal/kernel/seen"
)

// What trying found is remembered, bound to everything that it depends on.
// Only a host that can do it all is remembered: a lack is looked at anew each
// time, and should a remembered ability be gone, the start itself fails and
// says why. So nothing rests on this but time.

func (f *Facts) cacheFile() string { return filepath.Join(f.StateDir, "probe") }

// baseKey names this boot, this user, this binary and what it can see; empty
// where that cannot be told, and nothing is remembered.
func (f *Facts) baseKey() string {
	boot, exe := readFile("/proc/sys/kernel/random/boot_id"), changed("/proc/self/exe")
	if boot == "" || exe == "" {
		return ""
	}
	return seen.Key(boot, f.Kernel, numbers(int64(f.UID), int64(f.GID)), exe, namespaceOf("user"), namespaceOf("mnt"))
}

// cacheKey adds what the abilities rest on to the base.
func (f *Facts) cacheKey(base string) string {
	dir, err := os.Stat(f.StateDir)
	if base == "" || err != nil {
		return ""
	}
	return seen.Key(base, inode(dir), f.accountKey(), changed("/etc/subuid"), changed("/etc/subgid"),
		readFile("/proc/sys/user/max_user_namespaces"), readFile("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
		readFile("/proc/self/cgroup"), strconv.Itoa(strings.Count(readFile("/proc/swaps"), "\n")))
}

// accountKey names the account for agents.
func (f *Facts) accountKey() string {
	if f.Account == nil {
		return ""
	}
	return seen.Key(f.Account.Name, numbers(int64(f.Account.UID), int64(f.Account.GID)))
}

func inode(info fs.FileInfo) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return numbers(int64(stat.Dev), int64(stat.Ino))
}

// changed tells one content of a file from the next; it is empty for what is
// not there.
func changed(path string) string {
	var st syscall.Stat_t
	if syscall.Stat(path, &st) != nil {
		return ""
	}
	return numbers(int64(st.Dev), int64(st.Ino), st.Ctim.Nano(), st.Mtim.Nano(), st.Size)
}

func numbers(list ...int64) string {
	var b []byte
	for _, n := range list {
		b = append(strconv.AppendInt(b, n, 36), ' ')
	}
	return string(b)
}

func namespaceOf(kind string) string {
	link, _ := os.Readlink("/proc/self/ns/" + kind)
	return link
}

// recall fills in what an earlier start found; false: it has to be tried.
func (f *Facts) recall(key string) bool {
	record, err := seen.Load(f.cacheFile())
	if err != nil || key == "" {
		return false
	}
	found, err := seen.Recall(record, key, nil)
	if err != nil {
		return false
	}
	u := seen.Unpack(found)
	idmap, beside, groups := u.Number() == 1, u.Number() == 1, unpackCgroups(u)
	over := many(u, (*seen.Unpacker).Text)
	if !u.Done() {
		return false
	}
	f.Sandbox, f.Overlay, f.Idmap = Ability{OK: true}, Ability{OK: true}, Ability{OK: idmap}
	f.over = over
	// Nothing is remembered of a place that was not found.
	if f.Cgroups = groups; groups.Version == 0 {
		f.Cgroups = findCgroups()
	}
	if beside {
		f.Mappers.UID, f.Mappers.GID, err = namespace.FindMappers()
		f.Beside = Ability{OK: err == nil}
	}
	return true
}

// remember keeps a full success for the next start.
func (f *Facts) remember(key string) {
	if !f.Sandbox.OK || !f.Overlay.OK {
		os.Remove(f.cacheFile()) // what an earlier start found is true no longer
		return
	}
	var p seen.Packer
	p.Number(truth(f.Idmap.OK))
	p.Number(truth(f.Beside.OK))
	packCgroups(&p, f.Cgroups)
	p.Number(len(f.over))
	for _, project := range f.over {
		p.Text(project)
	}
	if record, err := seen.New(nil, time.Now()).Keep(key, p.Bytes()); err == nil && key != "" {
		seen.Save(f.cacheFile(), record) // if it fails, the next start tries again
	}
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

func packCgroups(p *seen.Packer, c Cgroups) {
	p.Number(truth(c.Swap))
	p.Number(len(c.Dirs))
	for _, controller := range slices.Sorted(maps.Keys(c.Dirs)) {
		p.Text(controller)
		p.Text(c.Dirs[controller])
	}
	p.Text(c.Why)
	p.Text(strconv.Itoa(c.Version))
}

func unpackCgroups(u *seen.Unpacker) Cgroups {
	c := Cgroups{Swap: u.Number() == 1}
	for range u.Number() {
		if c.Dirs == nil {
			c.Dirs = map[string]string{}
		}
		controller := u.Text()
		c.Dirs[controller] = u.Text()
	}
	c.Why = u.Text()
	c.Version, _ = strconv.Atoi(u.Text()) // 0, no place, for anything else
	return c
}

// Forget drops what is remembered: a start that rested on it failed.
func (f *Facts) Forget() error {
	files, all := []string{f.cacheFile()}, error(nil)
	for i := range slots {
		files = append(files, filepath.Join(f.StateDir, "shown."+strconv.Itoa(i)))
	}
	for _, path := range files {
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	return all
}
