package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ringwall/internal/agent/catalog"
	"ringwall/internal/host"
	"ringwall/internal/layer/instructions"
	"ringwall/internal/layer/permissions"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

func (e *env) initCommand() *cobra.Command {
	var agentName string
	var command []string
	c := &cobra.Command{
		Use:   "init",
		Short: "Write a policy and instruction files that fit this project",
		Long: "Write ringwall.toml, CONSTITUTION.md, AGENT_PLAYBOOK.md and PROMPT.md for the\n" +
			"git repository here, and approve the policy. What exists is never overwritten.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return e.init(agentName, command) },
	}
	c.Flags().StringVar(&agentName, "agent", "claude", "the agent that will work here")
	c.Flags().StringSliceVar(&command, "command", nil, "a program of your own instead of an agent, with its arguments")
	return c
}

func (e *env) init(agentName string, command []string) error {
	h, err := host.Basics(e.vars)
	if err != nil {
		return err
	}
	a, ok := catalog.Find(agentName)
	if !ok {
		return usage(withHint("the agents are "+strings.Join(catalog.Names(), ", "), "no such agent: %q", agentName))
	}
	dir, err := e.find(policy.FileName)
	if err != nil {
		return err
	}
	pr, err := project.Inspect(project.Options{Path: dir, Home: h.Home, StateDir: h.StateDir, Agent: a,
		Env: func(k string) string { return h.Env[k] }})
	if err != nil {
		return usage(err)
	}
	files, err := initialFiles(pr, agentName, command)
	if err != nil {
		return err
	}
	return e.write(h, pr, files)
}

// initialFiles is everything that init would write, the policy first.
func initialFiles(pr project.Facts, agentName string, command []string) ([]instructions.File, error) {
	files := []instructions.File{{Path: policy.FileName, Content: policyText(pr, agentName, command)}}
	files = append(files, instructions.Templates(pr)...)
	if agentName == "claude" && len(command) == 0 {
		settings, err := permissions.ClaudeSettings(permissions.DefaultTools(pr))
		if err != nil {
			return nil, err
		}
		files = append(files, instructions.File{Path: ".claude/settings.local.json", Content: string(settings)})
	}
	return files, nil
}

// write puts down what is not there yet and says what it did. Only a policy
// that it has just written is approved.
func (e *env) write(h host.Facts, pr project.Facts, files []instructions.File) error {
	root, err := os.OpenRoot(pr.Path)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, f := range files {
		wrote, err := writeNew(root, f)
		if err != nil {
			return fmt.Errorf("write %s: %w", f.Path, err)
		}
		if !wrote {
			fmt.Fprintf(e.out, "  kept   %s\n", f.Path)
			continue
		}
		fmt.Fprintf(e.out, "  wrote  %s\n", f.Path)
		if f.Path == policy.FileName {
			store := policy.NewStore(filepath.Join(h.StateDir, "trust.json"))
			if err := store.Approve(pr.Path, []byte(f.Content)); err != nil {
				return err
			}
		}
	}
	fmt.Fprintf(e.out, "next: write the task into %s, then: ringwall plan\n", project.Task)
	return nil
}

// writeNew makes a file, never through a link and never over another.
func writeNew(root *os.Root, f instructions.File) (bool, error) {
	if err := root.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
		return false, err
	}
	file, err := root.OpenFile(f.Path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = file.WriteString(f.Content)
	return true, errors.Join(err, file.Close())
}

// policyText writes the policy with the reason of each choice beside it.
func policyText(pr project.Facts, agentName string, command []string) string {
	var b strings.Builder
	b.WriteString("# What the agent may do in this project. Nothing runs under a change of this\n" +
		"# file before its owner has approved it: ringwall trust\nversion = 1\n")
	if len(command) > 0 {
		fmt.Fprintf(&b, "command = [%s]\n", quoted(command))
	} else {
		fmt.Fprintf(&b, "agent   = %q\n", agentName)
	}
	b.WriteString("\n[workspace]\nmode = \"staged\"     # changes reach the project after each iteration\n")
	fmt.Fprintf(&b, "\n[tools]               # for the agent's own permission system\nallow = [%s]\n", quoted(permissions.DefaultTools(pr)))
	fmt.Fprintf(&b, "\n[network]             # nothing else can be reached, or even looked up\nallow = [%s]\n", quoted(presets(pr)))
	if len(command) == 0 {
		b.WriteString(credentialText(pr))
	}
	b.WriteString("\n[limits]              # of one iteration\nmemory = \"4GiB\"\ncpus   = 2\npids   = 512\ndisk   = \"10GiB\"\ntime   = \"45m\"\n")
	b.WriteString("\n[loop]\nmax_iterations = 10   # counted outside the agent's reach\nmax_time       = \"8h\"\n")
	if v := checks(pr); len(v) > 0 {
		fmt.Fprintf(&b, "verify         = [%s]   # must pass before \"done\" is believed\n", quoted(v))
	}
	return b.String()
}

func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = fmt.Sprintf("%q", w)
	}
	return strings.Join(out, ", ")
}

// presets are the package registries of the toolchains found.
func presets(pr project.Facts) []string {
	var out []string
	for _, p := range []struct {
		name string
		of   []string // toolchains
	}{
		{"go", []string{"go"}}, {"npm", []string{"node"}}, {"python", []string{"python"}}, {"rust", []string{"rust"}},
		{"java", []string{"gradle", "maven"}}, {"ruby", []string{"ruby"}}, {"php", []string{"php"}},
	} {
		if slices.ContainsFunc(pr.Toolchains, func(t project.Toolchain) bool { return slices.Contains(p.of, t.Name) }) {
			out = append(out, "preset:"+p.name)
		}
	}
	return out
}

func credentialText(pr project.Facts) string {
	d, ok := pr.AgentDescription()
	if !ok || d.APIHost == "" {
		return ""
	}
	return fmt.Sprintf("\n[[credential]]        # stays outside; the agent gets a placeholder\nname = %q\nfrom = { env = %q }\nhost = %q\n",
		d.Name, d.KeyEnv, d.APIHost)
}

// checks are the commands that tell whether the work is done.
func checks(pr project.Facts) []string {
	for _, t := range pr.Toolchains {
		if t.Tests != "" {
			return []string{t.Tests}
		}
	}
	return nil
}
