package project

import (
	"encoding/json"
	"path"
	"strings"
)

// manager is a package manager of Node.
type manager struct {
	name string
	lock []string // files of which one shows it
	test string
	// all runs the tests of every workspace that has some; empty: that needs
	// more than one command.
	all string
}

func managers() []manager {
	return []manager{
		{"pnpm", []string{"pnpm-lock.yaml", "pnpm-workspace.yaml"}, "pnpm test", "pnpm -r test"},
		{"yarn", []string{"yarn.lock"}, "yarn test", ""},
		{"bun", []string{"bun.lock", "bun.lockb"}, "bun run test", "bun run --filter '*' test"},
		{"npm", nil, "npm test", "npm test --workspaces --if-present"},
	}
}

// manifest is what of a package.json tells how it is tested. A field of another
// form than expected is as good as none.
type manifest struct {
	Manager    string          `json:"packageManager"`
	Workspaces json.RawMessage `json:"workspaces"`
}

func (p *part) manifest() manifest {
	var m manifest
	if json.Unmarshal([]byte(p.text("package.json")), &m) != nil {
		return manifest{}
	}
	return m
}

// manager is the one that the package names, else the one whose lock file is
// there, else npm.
func (p *part) manager() manager {
	all := managers()
	named, _, _ := strings.Cut(p.manifest().Manager, "@")
	for _, m := range all {
		if m.name == named {
			return m
		}
	}
	for _, m := range all {
		if _, ok := p.find(m.lock...); ok {
			return m
		}
	}
	return all[len(all)-1]
}

func nodeCommands(p *part) []string {
	m := p.manager()
	if m.name == "npm" {
		return []string{"node", "npm", "npx"}
	}
	return []string{"node", m.name}
}

func nodeTests(p *part) tests {
	m := p.manager()
	if hasTest(p.text("package.json")) {
		return tests{m.test, "scripts.test in " + p.join("package.json")}
	}
	for _, dir := range p.members() {
		if m.all != "" && hasTest(p.text(path.Join(dir, "package.json"))) {
			return tests{m.all, "scripts.test in " + p.join(path.Join(dir, "package.json"))}
		}
	}
	return tests{}
}

// hasTest tells whether a package.json has a script that tests something. The
// one that "npm init" writes only says that there is none, and fails.
func hasTest(text string) bool {
	script := strings.TrimSpace(scripts(text)["test"])
	return script != "" && !strings.Contains(script, "no test specified")
}

// scripts are a manifest's named commands, of those that have one. composer.json
// may have a list of commands in a command's place.
func scripts(text string) map[string]string {
	var m struct {
		Scripts map[string]json.RawMessage `json:"scripts"`
	}
	if json.Unmarshal([]byte(text), &m) != nil {
		return nil
	}
	out := map[string]string{}
	for name, raw := range m.Scripts {
		var one string
		var many []string
		if json.Unmarshal(raw, &one) == nil {
			out[name] = one
		} else if json.Unmarshal(raw, &many) == nil {
			out[name] = strings.Join(many, " && ")
		}
	}
	return out
}

// members are the folders of the workspaces: named, or all in a folder.
func (p *part) members() []string {
	var out []string
	for _, form := range p.workspaces() {
		dir, all := strings.CutSuffix(form, "/*")
		if dir = path.Clean(dir); !wordPath(dir) || !p.in.isDir(p.join(dir)) {
			continue
		}
		if !all {
			out = append(out, dir)
			continue
		}
		for _, name := range newPart(p.in, p.join(dir)).names() {
			if wordName(name) && p.in.isDir(path.Join(p.join(dir), name)) && len(out) < maxFolders {
				out = append(out, path.Join(dir, name))
			}
		}
	}
	return out
}

// workspaces are the forms as they are written: in package.json a list, or an
// object with one; for pnpm a file of its own.
func (p *part) workspaces() []string {
	var list []string
	var object struct {
		Packages []string `json:"packages"`
	}
	raw := p.manifest().Workspaces
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	if json.Unmarshal(raw, &object) == nil {
		return object.Packages
	}
	for line := range strings.Lines(p.text("pnpm-workspace.yaml")) {
		if item, ok := strings.CutPrefix(strings.TrimSpace(line), "- "); ok {
			list = append(list, strings.Trim(strings.TrimSpace(item), `"'`))
		}
	}
	return list
}
