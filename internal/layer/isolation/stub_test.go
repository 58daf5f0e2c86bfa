package isolation

import (
	"slices"
	"strings"
	"testing"

	"ringwall/internal/host"
	"ringwall/internal/plan"
	"ringwall/internal/project"
)

// withPrograms is a host with these programs, "NAME" or "NAME=FILE".
func withPrograms(list ...string) host.Facts {
	h := facts()
	h.Self = "/opt/ringwall"
	for _, s := range list {
		name, file, linked := strings.Cut(s, "=")
		if !linked {
			file = "/usr/bin/" + name
		}
		h.Programs = append(h.Programs, host.Program{Name: name, Path: "/usr/bin/" + name, Real: file})
	}
	return h
}

// covered lists the files that stubs cover, with the tool that each is told as.
func covered(controls []plan.Control) []string {
	var out []string
	for _, c := range controls {
		if s := c.Want.Stub; s != nil {
			for _, f := range s.Files {
				out = append(out, c.ID[len("isolation.tool:"):]+" "+f)
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestStubs(t *testing.T) {
	for _, c := range []struct {
		name, policy string
		programs     []string
		want         []string
	}{
		{"refused", "", []string{"curl", "sudo"}, []string{"curl /usr/bin/curl", "sudo /usr/bin/sudo"}},
		{"allowed", "[tools]\nallow = [\"curl\"]\n", []string{"curl", "wget"}, []string{"wget /usr/bin/wget"}},
		{"a link to a variant", "", []string{"nc=/usr/bin/nc.openbsd", "netcat=/usr/bin/nc.openbsd"}, []string{"nc /usr/bin/nc.openbsd"}},
		{"allowed by its other name", "[tools]\nallow = [\"netcat\"]\n", []string{"nc=/usr/bin/nc.openbsd", "netcat=/usr/bin/nc.openbsd"}, nil},
		{"many names, all refused", "", []string{"systemctl", "reboot=/usr/bin/systemctl"}, []string{"systemctl /usr/bin/systemctl"}},
		{"many names, one allowed", "[tools]\nallow = [\"reboot\"]\n", []string{"systemctl", "reboot=/usr/bin/systemctl"}, nil},
		{"busybox", "", []string{"nc=/usr/bin/busybox", "wget=/usr/bin/busybox", "su=/usr/bin/busybox"}, nil},
		{"a version manager's shim", "", []string{"gh=/usr/bin/mise", "kubectl=/usr/bin/asdf"}, nil},
		{"kmod is more than modprobe", "", []string{"modprobe=/usr/bin/kmod"}, nil},
		{"snap is more than lxc", "", []string{"lxc=/usr/bin/snap"}, nil},
		{"not in the view", "", []string{"curl=/srv/curl"}, nil},
		{"the project's own", "", []string{"curl=/home/a/p/bin/curl"}, nil},
		{"in a tree of PATH", "", []string{"gh=/home/a/sdk/bin/gh"}, []string{"gh /home/a/sdk/bin/gh"}},
		{"twice on PATH", "", []string{"curl", "curl=/home/a/sdk/curl"}, []string{"curl /home/a/sdk/curl", "curl /usr/bin/curl"}},
		{"ssh without a host", "[network]\nallow = [\"github.com\"]\n", []string{"ssh", "scp"}, []string{"scp /usr/bin/scp", "ssh /usr/bin/ssh"}},
		{"ssh with one", "[network]\nallow = [\"github.com:22\"]\n", []string{"ssh", "scp"}, []string{"scp /usr/bin/scp"}},
		{"ssh with one as a rule", "[[network.rule]]\nhost = \"github.com:22\"\n", []string{"ssh"}, nil},
		{"ssh with no network", "[network]\nmode = \"none\"\nallow = [\"github.com:22\"]\n", []string{"ssh"}, []string{"ssh /usr/bin/ssh"}},
	} {
		if got := covered(compile(t, c.policy, withPrograms(c.programs...), project.Facts{})); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestStubsLeaveWhatIsStarted: neither the owner's command nor the policy's is
// refused to itself.
func TestStubsLeaveWhatIsStarted(t *testing.T) {
	h := withPrograms("curl", "x=/usr/bin/wget", "wget")
	if got := covered(compile(t, "", h, project.Facts{Program: []string{"/usr/bin/curl"}})); len(got) != 0 {
		t.Errorf("%q", got) // the policy's command is x, which is wget
	}
	if got := covered(compile(t, "", withPrograms("curl"), project.Facts{})); len(got) != 1 {
		t.Errorf("without them: %q", got)
	}
}

// TestStubsNeedRingwall: without a file of its own there is nothing to put in
// a program's place, and nothing stands first in PATH.
func TestStubsNeedRingwall(t *testing.T) {
	h := withPrograms("curl")
	controls := compile(t, "", h, project.Facts{})
	if path := find(t, controls, "isolation.environment").Want.Env.Vars["PATH"]; !strings.HasPrefix(path, "/run/ringwall/bin:") {
		t.Error(path)
	}
	if c := find(t, controls, "isolation.tool:curl"); c.From != "default" || c.Must || c.Status != plan.Enforced || c.Want.Stub.Reason == "" {
		t.Errorf("%+v", c)
	}
	h.Self = ""
	controls = compile(t, "", h, project.Facts{})
	if got := covered(controls); got != nil {
		t.Errorf("%q", got)
	}
}

// TestRiskyTable: one row for each name, each with a reason, and nothing that a
// build needs.
func TestRiskyTable(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range riskyTools() {
		if seen[r.name] || r.why == "" || r.name == "" {
			t.Errorf("%+v", r)
		}
		seen[r.name] = true
	}
	for _, needed := range strings.Fields(`git sh bash env make cmake ninja gcc cc ld ar go cargo rustc node npm npx yarn pnpm
		python python3 pip uv perl ruby bundle java javac mvn gradle tar gzip unzip openssl patch sed awk find xargs install
		dpkg rpm ldconfig gpg tee date kill ps ip ringwall busybox toybox coreutils kmod snap`) {
		if seen[needed] {
			t.Errorf("%s is needed by builds, or is many programs in one", needed)
		}
	}
	if len(RiskyNames()) != len(seen) || RiskyReason("curl") == "" || RiskyReason("git") != "" {
		t.Error("the names differ from the table")
	}
}
