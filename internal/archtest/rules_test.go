// Package archtest holds the test that keeps the arrows between the packages
// as they were drawn: which package may import which. The table is the one of
// the design, as data.
package archtest

// anything allows every package of the module.
const anything = "*"

// rule says what one package, or every package below a folder ("kernel/*"),
// may import of this module. The most exact rule that fits a package is its
// only one. Names are relative to internal/, and to the module for what lies
// outside it.
type rule struct {
	pkg   string
	may   []string
	tests []string // what its tests may import beyond that
}

var arrows = []rule{
	{pkg: "cmd/ringwall", may: []string{"cli"}},
	{pkg: "cmd/ringwall-init", may: []string{"kernel/child"}},

	// Data and pure functions: anyone may use them, they use no one.
	{pkg: "policy"},
	{pkg: "plan"},
	{pkg: "evidence"},
	{pkg: "scan"},

	// What people want to know of a changeset: it reads what it is handed.
	{pkg: "gate", may: []string{"scan"}},

	// Mechanisms without policy may build on each other.
	{pkg: "kernel/*", may: []string{"kernel/*"}},
	// Inside the sandbox: what it is told, and one table. Nothing there may
	// need Go's runtime, which never starts in that process.
	{pkg: "kernel/child", may: []string{"kernel/launch", "kernel/landlock"}},

	{pkg: "host", may: []string{"kernel/*"}},
	{pkg: "agent", may: []string{"plan"}},
	{pkg: "agent/*", may: []string{"plan", "agent", "agent/command", "agent/jsonedit"}},
	{pkg: "agent/jsonedit"},                        // text in, text out
	{pkg: "agent/command", may: []string{"agent"}}, // what commands can do, for every tool's linter
	{pkg: "agent/catalog", may: []string{"plan", "agent", "agent/*"}},
	{pkg: "project", may: []string{"scan", "agent", "agent/*"}},

	// A layer never knows another layer: only the compiler sees all five.
	{
		pkg: "layer/*", may: []string{"policy", "plan", "host", "project", "agent", "agent/*"},
		tests: []string{"egress/credform", "egress/bait"}, // that the shapes it plans can be filled
	},
	{pkg: "layer", may: []string{"policy", "plan", "host", "project", "layer/*"}},

	{
		pkg: "egress", may: []string{"plan", "evidence", "kernel/*", "egress/credform", "egress/usage", "egress/tripwire"},
		tests: []string{"egress/authority"},
	},
	// The gateway's process: the supervisor's half starts it, the other half is it.
	{pkg: "egress/apart", may: []string{"plan", "evidence", "kernel/*", "egress", "egress/*"}},
	{pkg: "egress/authority"},                       // keys and certificates: it knows nothing of plans and connections
	{pkg: "egress/credform", may: []string{"plan"}}, // pure: what it is told, and plan's words for the forms
	// The real values, read outside: the gateway is handed them and never reads.
	{pkg: "secret", may: []string{"plan", "egress/credform"}},
	{pkg: "egress/tripwire"}, // pure: it looks at what it is given
	{pkg: "egress/bait"},     // pure: what lies in wait
	{pkg: "egress/usage"},    // pure: bytes in, numbers out
	// The test network drives the real program and reads its journal; it must
	// not know how the gateway is made.
	{pkg: "egress/egresstest", may: []string{"evidence"}},
	{pkg: "egress/egresstest/proof", tests: []string{"egress/egresstest", "egress/authority", "evidence"}},
	{
		pkg: "stage", may: []string{"plan", "evidence", "scan"},
		tests: []string{"agent"}, // the names that the gate really guards
	},

	// What is allowed, and why: the code that acts is asked, never another.
	{pkg: "why", may: []string{"plan", "egress", "stage", "kernel/*"}},

	// A backend carries out a plan. It never sees a policy or a layer, so it
	// cannot decide anything.
	{pkg: "backend", may: []string{"host", "plan", "evidence"}},
	{pkg: "backend/*", may: []string{"host", "plan", "evidence", "kernel/*", "egress", "egress/*", "backend"}},
	{
		pkg: "backend/native", may: []string{"host", "plan", "evidence", "kernel/*", "egress", "egress/*", "backend", "backend/native/*"},
		tests: []string{"backend/backendtest"},
	},
	{pkg: "backend/native/*", may: []string{"host", "plan", "evidence", "kernel/*", "egress", "egress/*", "backend", "backend/native/*"}},

	{pkg: "attack", may: []string{"plan", "evidence", "backend"}},
	{pkg: "audit", may: []string{"policy", "host", "project", "scan", "agent", "agent/*", "evidence"}},
	{pkg: "setup", may: []string{"host", "plan", "kernel/*", "evidence"}},
	{
		pkg: "loop", may: []string{"plan", "evidence", "backend", "stage", "gate", "agent", "agent/*"},
		tests: []string{"host"}, // a backend made for a test has a method that takes host facts
	},
	{pkg: "report", may: []string{"evidence"}},
	{pkg: "review", may: []string{"evidence"}},
	// What a run asked for in vain becomes a proposal: data in, data out.
	{pkg: "learn", may: []string{"policy", "plan", "project", "layer/network", "evidence"}},
	{pkg: "report/*", may: []string{"evidence", "report"}},
	{pkg: "cli", may: []string{anything}},

	{pkg: "archtest"},
	{pkg: "bench"},
	{pkg: "bench/*"},
	{pkg: "bench/gateway", may: []string{"egress/egresstest", "bench/standing"}}, // measures in the test network
	{pkg: "bench/harness", may: []string{"bench/standing"}},
	{pkg: "examples/*"},
	{pkg: "scripts/*"},
	{pkg: "scripts/squeeze", tests: []string{"kernel/child"}}, // what it squeezes
}

// banned lists what the first process inside the sandbox must not be built
// from. It starts once for each command, and a Go start costs what its packages
// initialise; and what is not in it cannot be turned against its user.
var banned = map[string]string{
	"encoding/json":   "reflection over every type: a larger program and a slower start",
	"encoding/gob":    "reflection over every type: a larger program and a slower start",
	"fmt":             "reflection, and most of the size of a small program; write messages with strconv",
	"reflect":         "comes with fmt and encoders; its type data keeps dead code alive",
	"regexp":          "compiles its patterns at every start",
	"net":             "a resolver and a poller; sockets are plain system calls here",
	"net/http":        "hundreds of packages, and TLS with its tables at every start",
	"crypto/tls":      "self-tests and tables at every start; nothing inside speaks TLS",
	"crypto/x509":     "reads the system's certificates",
	"html/template":   "nothing is rendered inside",
	"text/template":   "nothing is rendered inside; keeps every method alive",
	"log":             "comes with fmt; messages go to the supervisor",
	"log/slog":        "comes with fmt; messages go to the supervisor",
	"flag":            "comes with fmt; everything arrives in the sealed memory file",
	"os/exec":         "looks programs up by itself; the plan names the program",
	"os/user":         "reads the host's accounts; the plan says who the agent is",
	"plugin":          "loads code",
	"testing":         "belongs to tests",
	"C":               "cgo: the program is static",
	"runtime/cgo":     "cgo: the program is static",
	"expvar":          "opens a server",
	"net/http/pprof":  "opens a server",
	"encoding/base64": "nothing inside is encoded for a wire",
}

// vendors are the modules that the first process may be built from.
var vendors = []string{"golang.org/x/sys/"}
