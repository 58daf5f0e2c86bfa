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
	pkg string
	may []string
}

var arrows = []rule{
	{"cmd/ringwall", []string{"cli"}},
	{"cmd/ringwall-init", []string{"backend/native/child"}},

	// Data and pure functions: anyone may use them, they use no one.
	{"policy", nil},
	{"plan", nil},
	{"evidence", nil},
	{"scan", nil},

	// Mechanisms without policy may build on each other.
	{"kernel/*", []string{"kernel/*"}},

	{"host", []string{"kernel/*"}},
	{"agent", []string{"plan"}},
	{"agent/*", []string{"plan", "agent"}},
	{"agent/catalog", []string{"plan", "agent", "agent/*"}},
	{"project", []string{"scan", "agent", "agent/*"}},

	// A layer never knows another layer: only the compiler sees all five.
	{"layer/*", []string{"policy", "plan", "host", "project", "agent", "agent/*"}},
	{"layer", []string{"policy", "plan", "host", "project", "layer/*"}},

	{"egress", []string{"plan", "evidence", "kernel/*"}},
	{"stage", []string{"plan", "evidence", "scan"}},

	// A backend carries out a plan. It never sees a policy or a layer, so it
	// cannot decide anything.
	{"backend", []string{"host", "plan", "evidence"}},
	{"backend/*", []string{"host", "plan", "evidence", "kernel/*", "egress", "backend"}},
	{"backend/native", []string{"host", "plan", "evidence", "kernel/*", "egress", "backend", "backend/native/*"}},
	{"backend/native/*", []string{"host", "plan", "evidence", "kernel/*", "egress", "backend", "backend/native/*"}},
	// Inside the sandbox: mechanisms, and nothing that could hold a secret.
	{"backend/native/child", []string{"kernel/*", "backend/native/*"}},

	{"attack", []string{"plan", "evidence", "backend"}},
	{"audit", []string{"policy", "host", "project", "scan", "agent", "agent/*", "evidence"}},
	{"setup", []string{"host", "plan", "kernel/*", "evidence"}},
	{"loop", []string{"plan", "evidence", "backend", "stage", "agent", "agent/*"}},
	{"report", []string{"evidence"}},
	{"report/*", []string{"evidence", "report"}},
	{"cli", []string{anything}},

	{"archtest", nil},
	{"bench", nil},
	{"bench/*", nil},
	{"examples/*", nil},
	{"scripts/*", nil},
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
