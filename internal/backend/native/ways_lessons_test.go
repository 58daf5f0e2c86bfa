package native

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ringwall/internal/backend/backendtest"
	"ringwall/internal/kernel/launch"
)

// lessons are what others' escapes and bugs have taught about the view.
var lessons = []wayOut{
	{id: "CTR-01", shown: []string{"TestKnownWaysOut"}}, // IPC-01, FS-27
	{id: "CTR-03", also: firstProcessIsClosed, shown: []string{"TestSealed"}},
	{id: "CTR-04", shown: []string{"TestCloneReceivesNothingLater", "TestSubmountsStayReadOnly", "TestDevicesAreWhatTheyShouldBe"}},
	{id: "CTR-05", shown: []string{"TestKnownWaysOut", "TestDescriptorsTravelClosedOnExec"}}, // FS-14
	{id: "CTR-06", reason: "ringwall runs no program of the host's for the agent, privileged or not: there is no hook to be led astray"},
	{id: "CTR-08", shown: []string{"TestDiscardStaysInside", "TestRecoverRemovesOwnTemporaryFilesOnly"}},
	{id: "CTR-14", shown: []string{"TestPrivateAll", "TestKilledSupervisor", "TestNothingIsLeft"}},
	{id: "CTR-15", also: noProcNoStart},

	{id: "pitfall-1", shown: []string{"TestAbsentLeavesNothing", "TestStubsAreNoChange", "TestKilledSupervisor"}},
	{id: "pitfall-2", shown: []string{"TestSuite"}}, // git
	{id: "pitfall-4", also: mountsHoldInANewNamespace},
	{id: "pitfall-5", shown: []string{"TestKnownWaysOut", "TestSecretUnderAnotherName", "TestGuardrailThatCannotBeFrozen"}}, // CFG-05, CFG-10
	{id: "pitfall-11", also: firstProcessIsClosed},
	{id: "pitfall-15", shown: []string{"TestEscapingLinksAreHeld", "TestSpecialFilesAreHeld"}},
	{id: "pitfall-16", shown: []string{"TestKilledSupervisor", "TestNothingIsLeft"}},
	{id: "pitfall-17", shown: []string{"TestSuite", "TestSecretUnderAnotherName"}}, // secrets
}

// noProcNoStart: without a /proc of its own nothing starts; there is no weaker
// form.
func noProcNoStart(t *testing.T, tg backendtest.Target) {
	spoilt := func(s *launch.Spec) {
		for i := range s.Steps {
			if s.Steps[i].Op == launch.Proc {
				s.Steps[i].Target = "/usr/no-such-folder" // read-only: it cannot be mounted there
			}
		}
	}
	b := backendtest.NewBox(t, weaker(tg, spoilt))
	if r := b.Attack("create:ran"); r.Err == nil || len(r.Reports) != 0 {
		t.Errorf("without a /proc the command ran: %+v %v", r.Reports, r.Err)
	}
	b = backendtest.NewBox(t, tg)
	b.Expect(b.Attack("create:ran"), map[string]string{"create:ran": "ok"})
}

// TestSubmountsStayReadOnly: what the host has mounted below a tree that is
// shown goes in with the tree's own restrictions.
func TestSubmountsStayReadOnly(t *testing.T) {
	tg := target(t)
	if os.Getenv("RINGWALL_TEST_SUBMOUNTS") == "" {
		inMountNamespace(t)
		return
	}
	dir := t.TempDir()
	chmod(t, dir, 0o755)
	write(t, dir+"/sub/below", "")
	if err := unix.Mount("x", dir+"/sub", "tmpfs", 0, "mode=0777"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Unmount(dir+"/sub", unix.MNT_DETACH) })
	write(t, dir+"/sub/file", "hunter2\n")
	chmod(t, dir+"/sub/file", 0o666)
	b := backendtest.NewBox(t, tg).Show(dir, "/tree", false)
	r := b.Attack("read:/tree/sub/file", "write:/tree/sub/file", "create:/tree/sub/new", "chmod:/tree/sub/file", "stat:/tree/sub/below", "says:/proc/self/mountinfo| /tree/sub ro,nosuid,nodev,")
	b.Expect(r, map[string]string{"read:/tree/sub/file": "ok", "write:/tree/sub/file": "EROFS", "create:/tree/sub/new": "EROFS",
		"chmod:/tree/sub/file": "EROFS EPERM", "stat:/tree/sub/below": "ENOENT", "says:/proc/self/mountinfo| /tree/sub ro,nosuid,nodev,": "ok"})
	open := backendtest.NewBox(t, tg).Show(dir, "/tree", true)
	open.Drop("isolation.landlock")
	open.Expect(open.Attack("write:/tree/sub/file", "create:/tree/sub/new"), map[string]string{"write:/tree/sub/file": "ok", "create:/tree/sub/new": "ok"})
}

// inMountNamespace runs this test again where it may mount without anybody
// else noticing.
func inMountNamespace(t *testing.T) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "RINGWALL_TEST_SUBMOUNTS=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS, Pdeathsig: unix.SIGKILL}
	if uid, gid := os.Getuid(), os.Getgid(); uid != 0 {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
		cmd.SysProcAttr.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN}
	}
	out, err := cmd.CombinedOutput()
	if text := string(out); err != nil || !strings.Contains(text, "--- PASS: "+t.Name()) {
		t.Fatalf("%v\n%s", err, text)
	}
}
