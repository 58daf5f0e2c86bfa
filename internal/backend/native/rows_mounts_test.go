package native

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ringwall/internal/backend/backendtest"
)

// sharedHost starts a supervisor where every mount is shared, as systemd has
// it, mounts something while the command runs, and tells what the host's mounts
// were before and after. Arguments: the program, the order, a folder that is
// shown inside, and the upper directory.
const sharedHost = `
mount -t tmpfs given "$3" && chmod 777 "$3" && mkdir "$3/later" || exit 3
cat /proc/self/mountinfo >"$4/../before"
"$1" supervise "$2" &
for i in $(seq 200); do test -e "$4/ready" && break; sleep 0.05; done
mount -t tmpfs later "$3/later" && touch "$3/later/secret" || exit 3
touch "$3/go"
wait $! || exit 4
umount "$3/later"
cat /proc/self/mountinfo >"$4/../after"
`

// mountsDoNotTravel: on a host whose mounts are shared, no mount or unmount of
// the sandbox reaches the host, and none of the host's reaches the sandbox.
func mountsDoNotTravel(t *testing.T, tg backendtest.Target) {
	if os.Getuid() != 0 {
		t.Skip("needs root, who can mount and share mounts")
	}
	shared := t.TempDir()
	b := backendtest.NewBox(t, tg).Show(shared, "/given", false)
	b.Plan.Command = []string{"/bin/sh", "-c", "touch ready; until test -e /given/go; do sleep 0.05; done; ls /given /given/later >seen"}
	data, err := json.Marshal(order{Plan: b.Plan, Job: backendtest.Job{Host: tg.Host, Name: fmt.Sprintf("ringwall-test-shared-%d", os.Getpid()),
		IterDir: b.IterDir, Owner: [2]int{os.Getuid(), os.Getgid()}}})
	if err != nil {
		t.Fatal(err)
	}
	file, upper := filepath.Join(t.TempDir(), "order.json"), filepath.Join(b.IterDir, "upper")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unshare", "--mount", "--propagation", "shared", "sh", "-c", sharedHost, "sh", program, file, shared, upper)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if before, after := read(t, b.IterDir+"/before"), read(t, b.IterDir+"/after"); before != after || !strings.Contains(before, "shared:") {
		t.Errorf("the mounts of the host changed, or were not shared:\n%s\n%s", before, after)
	}
	seen := read(t, filepath.Join(upper, "seen"))
	if !strings.Contains(seen, "go\n") || strings.Contains(seen, "secret") {
		t.Errorf("inside, the folder shows %q", seen)
	}
}
