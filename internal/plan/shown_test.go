package plan

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// canary stands in each text of the plan under test, by field.
const canary = "canary"

// fill puts a canary into every text below v.
func fill(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), name+"."+v.Type().Field(i).Name)
		}
	case reflect.String:
		v.SetString(canary + name)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.String {
			v.Set(reflect.ValueOf([]string{canary + name}))
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{canary + name: canary + name}))
	case reflect.Int, reflect.Int64:
		v.SetInt(4242)
	}
}

// everything is a plan with one control of each operation.
func everything() Plan {
	p := Plan{Version: Version, Project: "/p"}
	ops := reflect.TypeFor[Op]()
	for i := range ops.NumField() {
		var o Op
		fill(reflect.ValueOf(&o).Elem().Field(i), ops.Field(i).Name)
		p.Controls = append(p.Controls, Control{ID: ops.Field(i).Name, Layer: Isolation, Want: o,
			Status: Downgraded, Why: canary + ".Why", From: "ringwall.toml:3, preset:go (" + canary + ".From)"})
	}
	return p
}

// TestShownLeavesOutWhatIsNotTheAgents: no text of the host's, the owner's or a
// trap's is in what the agent can read. Each text of each operation is a
// canary; those that may pass are named.
func TestShownLeavesOutWhatIsNotTheAgents(t *testing.T) {
	shown := everything().Shown()
	text, err := shown.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	may := strings.Fields(`Tools.Allow Tools.Bound.From Tools.Bound.Refused Tools.Deny Tools.Servers AgentFile.Path Namespaces.Kinds
		User.Form User.Name User.Home User.Host Mount.Kind Mount.Target Workspace.Path Workspace.Mode Workspace.Form
		Guardrail.Path Guardrail.Reason Mask.Path Mask.Reason Memory.Path Cache.Name Cache.Target Kept.Target Capabilities.Keep Landlock.Write Syscalls.Profile
		Gateway.Mode Gateway.Bound.From Gateway.Bound.Refused Egress.Host Egress.Methods Egress.Paths Credential.Name Credential.Scheme Credential.Host
		Credential.Form Credential.Header Credential.Prefix Credential.Param Credential.KeyEnv Credential.BaseURLEnv Credential.BasePath
		Credential.IDEnv Trust.Bundles Trust.Added Trust.Java Trust.EnvVars Trust.AddVars Limit.Resource Limit.By
		Stub.Tool Stub.Names Stub.Files Stub.Reason Ask.Program Ask.Plan`)
	rest := string(text)
	for _, name := range may {
		if !strings.Contains(rest, `"`+canary+name+`"`) {
			t.Errorf("%s is named here and not in the plan", name)
		}
		rest = strings.ReplaceAll(rest, `"`+canary+name+`"`, "")
	}
	if at := strings.Index(rest, canary); at >= 0 {
		t.Errorf("the agent can read %.60s", rest[at:])
	}
	for _, id := range []string{"Decoy", "Env", "Instruct", "Search", "Descriptors"} {
		if _, ok := shown.Find(id); ok {
			t.Errorf("%s is shown", id)
		}
	}
	if u, _ := shown.Find("User"); u.Want.User.HostUID != 0 || u.Want.User.HostGID != 0 {
		t.Error("the numbers of the host's user are shown")
	}
	if err := shown.Check(); err != nil {
		t.Error(err)
	}
}

// TestShownKeepsLinks: where a link of the view leads is needed to follow it.
func TestShownKeepsLinks(t *testing.T) {
	p := Plan{Controls: []Control{{ID: "l", Want: Op{Mount: &Mount{Kind: Symlink, Target: "/bin", Source: "usr/bin"}}},
		{ID: "b", Want: Op{Mount: &Mount{Kind: Bind, Target: "/usr", Source: "/usr"}}}}}
	got := fmt.Sprintf("%+v %+v", p.Shown().Controls[0].Want.Mount, p.Shown().Controls[1].Want.Mount)
	if !strings.Contains(got, "usr/bin") || strings.Contains(got, "Source:/usr") {
		t.Error(got)
	}
	if p.Controls[1].Want.Mount.Source != "/usr" {
		t.Error("the plan itself was changed")
	}
}
