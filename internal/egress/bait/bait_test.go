package bait_test

import (
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ringwall/internal/egress/bait"
)

func random(b []byte) error {
	_, err := rand.Read(b)
	return err
}

func make2(t *testing.T, shape string) (a, b bait.Bait) {
	t.Helper()
	a, err := bait.Make(shape, random)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = bait.Make(shape, random); err != nil {
		t.Fatal(err)
	}
	return a, b
}

func TestMake(t *testing.T) {
	for shape, want := range map[string]string{
		"key %s\n":           `^key [A-Za-z0-9]{40}\n$`,
		"ghp_%36s, AKIA%16k": `^ghp_[A-Za-z0-9]{36}, AKIA[A-Z2-7]{16}$`,
		"nothing":            `^nothing$`,
	} {
		a, b := make2(t, shape)
		if !regexp.MustCompile(want).MatchString(a.Text) {
			t.Errorf("%q: %q", shape, a.Text)
		}
		for i, c := range a.Cores {
			if !strings.Contains(a.Text, c) || strings.Contains(b.Text, c) || c == b.Cores[i] {
				t.Errorf("%q: the core %q of %q (the other: %q)", shape, c, a.Text, b.Text)
			}
		}
		if len(a.Cores) != strings.Count(shape, "%") {
			t.Errorf("%q: %d cores", shape, len(a.Cores))
		}
	}
}

func TestMakeRefuses(t *testing.T) {
	for _, shape := range []string{"%", "%d", "%8s", "%999s", "50%", "%40", "100% sure"} {
		if b, err := bait.Make(shape, random); err == nil || b.Text != "" {
			t.Errorf("%q: %q, %v", shape, b.Text, err)
		}
	}
	broken := errors.New("no entropy")
	for _, shape := range []string{"%s", "%r"} {
		if b, err := bait.Make(shape, func([]byte) error { return broken }); !errors.Is(err, broken) || b.Text != "" {
			t.Errorf("%q: %q, %v", shape, b.Text, err)
		}
	}
}

const keyShape = "-----BEGIN OPENSSH PRIVATE KEY-----\n%r\n-----END OPENSSH PRIVATE KEY-----\n"

// TestKeyLooksRight: OpenSSH takes the key for one.
func TestKeyLooksRight(t *testing.T) {
	a, b := make2(t, keyShape)
	if len(a.Cores) != 3 || a.Cores[0] == b.Cores[0] {
		t.Errorf("%q", a.Cores)
	}
	for _, line := range a.Cores[:2] {
		if !strings.Contains(a.Text, "\n"+line+"\n") || len(line) != 70 {
			t.Errorf("no line of its own: %q", line)
		}
	}
	if _, err := exec.LookPath("ssh-keygen"); err != nil && os.Getenv("CI") != "" {
		t.Fatal(err)
	} else if err != nil {
		t.Skip("there is no ssh-keygen to ask")
	}
	path := filepath.Join(t.TempDir(), "id_rsa")
	if err := os.WriteFile(path, []byte(a.Text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ssh-keygen", "-y", "-P", "", "-f", path).CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "ssh-rsa ") {
		t.Errorf("%s, %v", out, err)
	}
	out, err = exec.Command("ssh-keygen", "-l", "-f", path).CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "3072 SHA256:") || !strings.Contains(string(out), "deploy@bastion (RSA)") {
		t.Errorf("%s, %v", out, err)
	}
	spoiled := strings.Replace(a.Text, "b3BlbnNzaC1", "b3BlbnNzaC2", 1)
	if err := os.WriteFile(path, []byte(spoiled), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("ssh-keygen", "-y", "-P", "", "-f", path).CombinedOutput(); err == nil {
		t.Errorf("a key that is none is taken too: %s", out)
	}
}
