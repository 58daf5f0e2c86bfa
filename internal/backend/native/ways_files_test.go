package native

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringwall/internal/backend/backendtest"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/plan"
)

// homeSecrets are files that thieves look for in a home.
var homeSecrets = []string{".ssh/id_rsa", ".ssh/id_ed25519", ".ssh/config", ".ssh/known_hosts", ".aws/credentials", ".aws/config",
	".kube/config", ".docker/config.json", ".netrc", ".npmrc", ".pypirc", ".config/gh/hosts.yml", ".config/gcloud/credentials.db",
	".azure/accessTokens.json", ".vault-token", ".gnupg/secring.gpg", ".git-credentials", ".gitconfig", ".config/git/credentials",
	".bash_history", ".zsh_history", ".psql_history", ".pgpass", ".my.cnf", ".terraform.d/credentials.tfrc.json", ".cargo/credentials.toml",
	".gem/credentials", ".m2/settings.xml", ".gradle/gradle.properties", ".config/op/config", ".password-store/x.gpg", ".local/share/keyrings/login.keyring",
	".mozilla/firefox/p/logins.json", ".config/google-chrome/Default/Cookies", ".claude/.credentials.json", ".codex/auth.json"}

var waysOfFiles = []wayOut{
	{id: "FS-01", try: func(t *testing.T, _ *backendtest.Box) ([]attempt, control) {
		home := outside(t, homeSecrets...)
		var all []attempt
		for _, f := range homeSecrets {
			all = append(all, attempt{what: "read:" + home + "/" + f, errno: "ENOENT"})
		}
		return all[:len(all):len(all)], shown(home)
	}},
	{id: "FS-02", try: func(t *testing.T, b *backendtest.Box) ([]attempt, control) {
		home, system := outside(t, ".bashrc"), outside(t, "bin/tool")
		b.Show(system, "/opt/tools", false)
		return append(each("ENOENT", "write:"+home+"/.bashrc", "create:"+home+"/.profile", "mkdir:"+home+"/.ssh"),
				each("EROFS", "create:/opt/tools/bin/new", "write:/opt/tools/bin/tool", "unlink:/opt/tools/bin/tool", "rename:/opt/tools/bin|/opt/tools/b")...),
			control{name: "read-only and absent", plan: func(b *backendtest.Box) {
				b.Show(home, home, true).Show(system, "/opt/tools", true).Drop("isolation.landlock")
			}}
	}},
	{id: "FS-03", try: func(t *testing.T, b *backendtest.Box) ([]attempt, control) {
		dir := outside(t, "canary")
		up := strings.Repeat("/..", strings.Count(b.Project, "/"))
		return each("ENOENT", "read:"+b.Project+up+dir+"/canary", "read:"+strings.TrimPrefix(up, "/")+dir+"/canary"), shown(dir)
	}},
	{id: "FS-04", try: func(t *testing.T, b *backendtest.Box) ([]attempt, control) {
		sibling := b.Project + "-secret"
		write(t, sibling+"/key", "hunter2\n")
		return each("ENOENT", "read:"+sibling+"/key", "ls:"+sibling, "read:../project-secret/key"), shown(sibling)
	}},
	{id: "FS-05", try: func(t *testing.T, b *backendtest.Box) ([]attempt, control) {
		dir := outside(t, "canary")
		symlink(t, dir+"/canary", b.Project+"/link")
		symlink(t, dir, b.Project+"/dir")
		return each("ENOENT", "read:link", "read:dir/canary", "write:link", "ls:dir/."), shown(dir)
	}},
	{id: "FS-06", shown: []string{"TestFolderReplacedByLinkBetweenReadAndApply", "TestFileReplacedByLinkBetweenReadAndApply", "TestPlantedTemporaryNamesAreNotFollowed"}},
	{id: "FS-07", try: func(t *testing.T, b *backendtest.Box) ([]attempt, control) {
		dir := outside(t)
		symlink(t, dir, b.Project+"/dir")
		return each("ENOENT", "create:dir/new", "mkdir:dir/folder", "symlink:x|dir/link"), shown(dir)
	}},
	{id: "FS-08", shown: []string{"TestFolderReplacedByLinkBetweenReadAndApply", "TestFileReplacedByLinkBetweenReadAndApply"}},
	{id: "FS-09", shown: []string{"TestEscapingLinksAreHeld", "TestDeepTreeIsIncomplete"}},
	{id: "FS-10", shown: []string{"TestEscapingLinksAreHeld"}},
	{id: "FS-12", try: func(t *testing.T, b *backendtest.Box) ([]attempt, control) {
		file := outside(t, "canary") + "/canary"
		return each("ENOENT", "read:/proc/self/root"+file, "read:/proc/self/task/../root"+file, "read:/proc/thread-self/root"+file,
			"read:/proc/self/cwd"+strings.Repeat("/..", 12)+file), shown(filepath.Dir(file))
	}, also: firstProcessIsClosed},
	{id: "FS-13", also: firstProcessIsClosed},
	{id: "FS-14", try: func(t *testing.T, _ *backendtest.Box) ([]attempt, control) {
		return each("ENOENT", "ls:/proc/self/fd/"+backendtest.PlantDescriptor(t)), noSandbox
	}},
	{id: "FS-18", try: func(_ *testing.T, b *backendtest.Box) ([]attempt, control) {
		return each("EPERM", "clone:0x10020000", "clone:0x10000000"), leaveOut("the filter", noFilter)
	}, also: mountsHoldInANewNamespace},
	{id: "FS-20", try: func(*testing.T, *backendtest.Box) ([]attempt, control) {
		// Opening by a handle takes a capability too, so that without the filter
		// the kernel looks at the descriptor first, which is none.
		return append(each("EPERM", "name-handle:/"), attempt{what: "call:open_by_handle_at", errno: "EPERM", free: "EBADF EFAULT"}),
			leaveOut("the filter", noFilter)
	}},
	{id: "FS-21", try: func(t *testing.T, b *backendtest.Box) ([]attempt, control) {
		return existing("ENOENT", "stat:", "/dev/mem", "/dev/kmem", "/dev/port", "/dev/kmsg", "/dev/kvm", "/dev/fuse", "/dev/net/tun", "/dev/vda", "/dev/sda",
			"/dev/uinput", "/dev/vhost-net", "/dev/console", "/dev/tty0", "/dev/loop0", "/dev/mapper"), noSandbox
	}, also: devicesDoNotWork},
	{id: "FS-22", try: func(*testing.T, *backendtest.Box) ([]attempt, control) {
		return existing("ENOENT", "stat:", "/sys/kernel", "/sys/fs/cgroup", "/sys/firmware", "/sys/class", "/sys/block", "/sys/bus", "/sys/module", "/sys/power",
			"/sys/devices/system/node", "/sys/devices/virtual", "/sys/devices/system/cpu/vulnerabilities"), noSandbox
	}, also: procIsCovered},
	{id: "FS-23", shown: []string{"TestDevicesAreWhatTheyShouldBe", "TestKnownWaysOut"}},
	{id: "FS-25", try: func(t *testing.T, _ *backendtest.Box) ([]attempt, control) {
		dir := outside(t)
		timer := time.AfterFunc(100*time.Millisecond, func() { os.WriteFile(dir+"/credentials.json", []byte("hunter2"), 0o644) })
		t.Cleanup(func() { timer.Stop() })
		return each("ENOENT", "wait:"+dir+"/credentials.json"), shown(dir)
	}},
	{id: "FS-27", also: groupsAreDropped},
	{id: "FS-28", shown: []string{"TestSuite", "TestAttributes"}},
	{id: "FS-29", try: func(t *testing.T, _ *backendtest.Box) ([]attempt, control) {
		var all []attempt
		for _, dir := range []string{"/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock"} {
			f, err := os.CreateTemp(dir, "ringwall-shared-")
			if err != nil {
				continue // not this user's to write to
			}
			f.WriteString("hunter2")
			chmod(t, f.Name(), 0o644)
			f.Close()
			t.Cleanup(func() { os.Remove(f.Name()) })
			all = append(all, attempt{what: "read:" + f.Name(), errno: "ENOENT"})
		}
		return all, noSandbox
	}},
	{id: "FS-31", try: func(t *testing.T, b *backendtest.Box) ([]attempt, control) {
		b.File("CLAUDE.md", "be good\n")
		rail(b, plan.Guardrail{Path: "CLAUDE.md", Present: true})
		return each("EROFS", "chmod:CLAUDE.md", "write:CLAUDE.md", "utimes:CLAUDE.md"), leaveOut("the freeze", without(launch.Freeze))
	}},
	{id: "FS-33", shown: []string{"TestDiscardStaysInside", "TestRecoverRemovesOwnTemporaryFilesOnly"}},
	{id: "FS-34", shown: []string{"TestHostileNamesAreHeld"}},
	{id: "FS-35", shown: []string{"TestDeepTreeIsIncomplete", "TestTooManyEntriesIsIncomplete", "TestIncompleteIsSaid"}},
	{id: "FS-36", shown: []string{"TestOversizedIsHeld", "TestWritten"}},
}

func symlink(t *testing.T, text, path string) {
	t.Helper()
	if err := os.Symlink(text, path); err != nil {
		t.Fatal(err)
	}
}

// existing makes an attempt on each of the paths that this host has.
func existing(errno, probe string, paths ...string) []attempt {
	var out []attempt
	for _, p := range paths {
		if _, err := os.Lstat(p); err == nil {
			out = append(out, attempt{what: probe + p, errno: errno})
		}
	}
	return out
}
