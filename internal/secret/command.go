package secret

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	commandTime = 30 * time.Second
	maxOutput   = 64 << 10 // bytes
)

// command runs a program of the owner's and returns what it prints. The owner
// approved the policy that names it.
func (r *Reader) command(ctx context.Context, argv []string) (string, error) {
	program, err := r.program(argv[0])
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, argv[1:]...)
	out := &bounded{}
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = r.Home, r.environ(), out, r.Stderr
	cmd.WaitDelay = time.Second
	ownGroup(cmd)
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("%s did not end within %s", argv[0], commandTime)
	case out.over:
		return "", fmt.Errorf("%s printed more than %d KiB", argv[0], maxOutput>>10)
	case err != nil:
		return "", failed(argv[0], err)
	}
	return string(out.b), nil
}

// failed says how a program ended, in words of ours.
func failed(name string, err error) error {
	var e *exec.ExitError
	if errors.As(err, &e) {
		return fmt.Errorf("%s ended with %s", name, e.ProcessState)
	}
	return fmt.Errorf("run %s: %w", name, err)
}

func (r *Reader) environ() []string {
	out := make([]string, 0, len(r.Env))
	for k, v := range r.Env {
		out = append(out, k+"="+v)
	}
	return out
}

// program finds a program on the owner's PATH. One in the project could be the
// agent's, wherever a link to it lies.
func (r *Reader) program(name string) (string, error) {
	if filepath.IsAbs(name) {
		return name, r.outside(name)
	}
	for _, dir := range filepath.SplitList(r.Env["PATH"]) {
		file := filepath.Join(dir, name)
		if !filepath.IsAbs(dir) || !executable(file) {
			continue
		}
		if r.outside(file) == nil {
			return file, nil
		}
	}
	return "", fmt.Errorf("there is no program %s on the PATH outside of the project", name)
}

func executable(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// outside refuses what lies in the project by any name.
func (r *Reader) outside(file string) error {
	real, err := filepath.EvalSymlinks(file)
	if err != nil {
		return err
	}
	project, err := filepath.EvalSymlinks(r.Project)
	if err != nil {
		return err
	}
	for _, f := range []string{file, real} {
		if rel, err := filepath.Rel(project, f); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return fmt.Errorf("%s lies in the project, where the agent could have written it", file)
		}
	}
	return nil
}

// bounded keeps so much of an output and refuses more.
type bounded struct {
	b    []byte
	over bool
}

// Write implements io.Writer.
func (w *bounded) Write(b []byte) (int, error) {
	if len(w.b)+len(b) > maxOutput {
		w.over = true
		return 0, errors.New("too much output")
	}
	w.b = append(w.b, b...)
	return len(b), nil
}
