package secret

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"ringwall/internal/egress/credform"
	"ringwall/internal/plan"
)

const canary = "sk-canary-0123456789"

func write(t testing.TB, name, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
	return name
}

// owner is a reader with a home, a project and a folder of programs.
func owner(t testing.TB) (*Reader, string) {
	t.Helper()
	top := t.TempDir()
	r := &Reader{Home: filepath.Join(top, "home"), Project: filepath.Join(top, "project"),
		Env: map[string]string{"PATH": filepath.Join(top, "project", "bin") + ":rel:" + filepath.Join(top, "bin") + ":/usr/bin:/bin"}}
	for _, d := range []string{r.Home, r.Project, filepath.Join(top, "bin")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return r, top
}

func TestSources(t *testing.T) {
	r, top := owner(t)
	r.Env["KEY"] = " " + canary + "\n"
	write(t, filepath.Join(r.Home, ".key"), canary+"\n", 0o600)
	write(t, filepath.Join(r.Home, ".json"), `{"a": [{"b": "`+canary+`"}], "n": 1}`, 0o600)
	write(t, filepath.Join(top, "bin", "pass"), "#!/bin/sh\necho "+canary+"\necho user: me\n", 0o755)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere") // nobody is asked: the keyring is a pretended one
	keyring.MockInit()
	if err := keyring.Set("maps", "me", canary); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]plan.Credential{
		"env": {FromEnv: "KEY"}, "file": {FromFile: "~/.key"}, "json": {FromFile: "~/.json", FromJSON: "a.0.b"},
		"command": {FromCommand: []string{"pass", "show", "x"}}, "absolute": {FromCommand: []string{filepath.Join(top, "bin", "pass")}},
		"keyring": {FromKeyring: "maps/me"},
	} {
		if v, err := r.Read(t.Context(), c); err != nil || v != (credform.Value{Secret: canary}) {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}

// TestNoErrorHoldsASecret: every way to fail, with a secret where one could
// slip into the words.
func TestNoErrorHoldsASecret(t *testing.T) {
	r, top := owner(t)
	r.Env["TWO"] = canary + "\nx"
	file := func(name, text string) string { return write(t, filepath.Join(r.Home, name), text, 0o600) }
	script := func(name, text string) []string {
		return []string{write(t, filepath.Join(top, "bin", name), "#!/bin/sh\n"+text+"\n", 0o755)}
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
	keyring.MockInit()
	for name, c := range map[string]struct {
		c    plan.Credential
		want string
	}{
		"two lines":      {plan.Credential{FromEnv: "TWO"}, "line end"},
		"no file":        {plan.Credential{FromFile: "~/none"}, "no such file"},
		"folder":         {plan.Credential{FromFile: "~/"}, "not a file"},
		"large":          {plan.Credential{FromFile: file("large", strings.Repeat(canary, 60000))}, "larger than 1 MiB"},
		"long":           {plan.Credential{FromFile: file("long", strings.Repeat(canary, 2000))}, "more than 32 KiB"},
		"no JSON":        {plan.Credential{FromFile: file("a", canary), FromJSON: "a"}, "not valid JSON"},
		"no such place":  {plan.Credential{FromFile: file("b", `{"a": "`+canary+`"}`), FromJSON: "a.b"}, "has no a.b"},
		"not a text":     {plan.Credential{FromFile: file("c", `{"a": ["`+canary+`"]}`), FromJSON: "a"}, "is not a text"},
		"fails":          {plan.Credential{FromCommand: script("fails", "echo "+canary+"; echo "+canary+" >&2; exit 3")}, "exit status 3"},
		"prints a lot":   {plan.Credential{FromCommand: script("lot", "yes "+canary)}, "more than 64 KiB"},
		"no program":     {plan.Credential{FromCommand: []string{"no-such-program"}}, "no program"},
		"keyring":        {plan.Credential{FromKeyring: "a/b"}, "has no a/b"},
		"key of a cloud": {plan.Credential{Form: plan.FormSigV4, FromFile: file("d", canary)}, "ID:SECRET"},
		"no identifier":  {plan.Credential{Form: plan.FormSigV4, FromEnv: "TWO"}, "$AWS_ACCESS_KEY_ID is empty"},
		"cut off":        {plan.Credential{Form: plan.FormSigV4, FromFile: file("e", `{"SecretAccessKey": "`+canary)}, "AccessKeyId"},
	} {
		_, err := r.Read(t.Context(), c.c)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var empty *EmptyError
	if _, err := r.Read(t.Context(), plan.Credential{Name: "a", FromEnv: "NONE"}); !errors.As(err, &empty) || empty.Place != "$NONE" {
		t.Errorf("a variable that is not set: %v", err)
	}
}

// TestNoProgramOfTheProject: what lies in the project is not run, by no name;
// the same program elsewhere is.
func TestNoProgramOfTheProject(t *testing.T) {
	r, top := owner(t)
	ran := filepath.Join(top, "ran")
	evil := write(t, filepath.Join(r.Project, "bin", "pass"), "#!/bin/sh\n: > "+ran+"\necho x\n", 0o755)
	link := filepath.Join(top, "bin", "link")
	if err := os.Symlink(evil, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pass", evil, link, "link"} {
		if v, err := r.Read(t.Context(), plan.Credential{FromCommand: []string{name}}); err == nil || exists(ran) {
			t.Errorf("%s gives %+v, %v", name, v, err)
		}
	}
	good := write(t, filepath.Join(top, "bin", "pass"), "#!/bin/sh\n: > "+ran+"\necho x\n", 0o755)
	for _, name := range []string{"pass", good} {
		os.Remove(ran)
		if _, err := r.Read(t.Context(), plan.Credential{FromCommand: []string{name}}); err != nil || !exists(ran) {
			t.Errorf("%s outside: %v", name, err)
		}
	}
}

// TestCommandEnds: what a command started ends with it when its time is over.
func TestCommandEnds(t *testing.T) {
	r, top := owner(t)
	left := filepath.Join(top, "left")
	slow := write(t, filepath.Join(top, "bin", "slow"), "#!/bin/sh\n(sleep 2; : > "+left+") &\nsleep 60\n", 0o755)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := r.Read(ctx, plan.Credential{FromCommand: []string{slow}}); err == nil || !strings.Contains(err.Error(), "did not end") {
		t.Errorf("error is %v", err)
	}
	time.Sleep(2500 * time.Millisecond)
	if exists(left) {
		t.Error("a child went on")
	}
}

func TestFilesOfOthersAreTold(t *testing.T) {
	r, _ := owner(t)
	var told []string
	r.Warn = func(s string) { told = append(told, s) }
	for mode, want := range map[os.FileMode]int{0o600: 0, 0o640: 1, 0o604: 1} {
		told = nil
		write(t, filepath.Join(r.Home, "k"), canary, mode)
		if _, err := r.Read(t.Context(), plan.Credential{FromFile: "~/k"}); err != nil || len(told) != want || strings.Contains(strings.Join(told, ""), canary) {
			t.Errorf("%o: %q, %v", mode, told, err)
		}
	}
}

func TestCloudKeys(t *testing.T) {
	r, _ := owner(t)
	r.Env["AWS_SECRET_ACCESS_KEY"], r.Env["AWS_ACCESS_KEY_ID"], r.Env["AWS_SESSION_TOKEN"] = "s", "AKIA1", "t"
	r.Env["OTHER"], r.Env["OTHER_ID"] = "o", "AKIA2"
	write(t, filepath.Join(r.Home, "doc"), `{"Version": 1, "AccessKeyId": "i", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2030-01-02T03:04:05Z"}`, 0o600)
	write(t, filepath.Join(r.Home, "pair"), "i:s\n", 0o600)
	write(t, filepath.Join(r.Home, "in"), `{"profiles": {"a": {"AccessKeyId": "i", "SecretAccessKey": "s"}}}`, 0o600)
	end := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, c := range map[string]struct {
		c    plan.Credential
		want credform.Value
	}{
		"variables": {plan.Credential{FromEnv: "AWS_SECRET_ACCESS_KEY"}, credform.Value{ID: "AKIA1", Secret: "s", Token: "t"}},
		"others":    {plan.Credential{FromEnv: "OTHER", IDEnv: "OTHER_ID"}, credform.Value{ID: "AKIA2", Secret: "o"}},
		"document":  {plan.Credential{FromFile: "~/doc"}, credform.Value{ID: "i", Secret: "s", Token: "t", Expires: end}},
		"pair":      {plan.Credential{FromFile: "~/pair"}, credform.Value{ID: "i", Secret: "s"}},
		"part":      {plan.Credential{FromFile: "~/in", FromJSON: "profiles.a"}, credform.Value{ID: "i", Secret: "s"}},
	} {
		c.c.Form = plan.FormSigV4
		if v, err := r.Read(t.Context(), c.c); err != nil || v != c.want {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}

// TestCommandIsRunAgain: after a refusal, and not more than once a minute.
func TestCommandIsRunAgain(t *testing.T) {
	r, top := owner(t)
	now := time.Unix(1_800_000_000, 0)
	r.Now = func() time.Time { return now }
	count := write(t, filepath.Join(top, "count"), "", 0o600)
	c := plan.Credential{Name: "a", FromCommand: []string{write(t, filepath.Join(top, "bin", "next"),
		"#!/bin/sh\necho x >> "+count+"\nwc -l < "+count+"\n", 0o755)}}
	for i, step := range []struct {
		after time.Duration
		want  string
	}{{0, "1"}, {time.Second, "2"}, {59 * time.Second, "2"}, {time.Second, "3"}, {time.Second, "3"}} {
		now = now.Add(step.after)
		get := r.Again
		if i == 0 {
			get = r.Read
		}
		if v, err := get(t.Context(), c); err != nil || v.Secret != step.want {
			t.Errorf("step %d: %+v, %v", i, v, err)
		}
	}
}

// TestVault: what was read again is what the next gateway gets, and only the
// plan's credentials can be asked for.
func TestVault(t *testing.T) {
	r, _ := owner(t)
	now := clock
	r.Now = func() time.Time { return now }
	file := write(t, filepath.Join(r.Home, "k"), "one", 0o600)
	v, err := r.Open(t.Context(), plan.Plan{Controls: []plan.Control{
		{Status: plan.Enforced, Want: plan.Op{Credential: &plan.Credential{Name: "a", FromFile: "~/k"}}},
		{Status: plan.Unavailable, Want: plan.Op{Credential: &plan.Credential{Name: "b", FromFile: "~/none"}}},
	}})
	if err != nil || len(v.Values()) != 1 || v.Values()["a"] != "one" {
		t.Fatalf("%v, %v", v.Values(), err)
	}
	write(t, file, "two", 0o600)
	now = now.Add(time.Hour)
	if got, err := v.Refresh(t.Context(), "a"); err != nil || got != "two" || v.Values()["a"] != "two" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := v.Refresh(t.Context(), "b"); err == nil {
		t.Errorf("a credential that is not there gives %q", got)
	}
}

// TestNoBusIsStarted: a keyring that is not there does not make a daemon run.
func TestNoBusIsStarted(t *testing.T) {
	if exists(fmt.Sprintf("/run/user/%d/bus", os.Getuid())) {
		t.Skip("this user has a session bus")
	}
	r, top := owner(t)
	started := filepath.Join(top, "started")
	write(t, filepath.Join(top, "bin", "dbus-launch"), "#!/bin/sh\n: > "+started+"\n", 0o755)
	t.Setenv("PATH", filepath.Join(top, "bin"))
	for _, address := range []string{"", "autolaunch:"} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		if _, err := r.Read(t.Context(), plan.Credential{FromKeyring: "a/b"}); err == nil || !strings.Contains(err.Error(), "no session bus") || exists(started) {
			t.Errorf("%q: %v", address, err)
		}
	}
}
