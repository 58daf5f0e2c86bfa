// Package policy is what the owner wants, as text and as one value: the types
// of ringwall.toml, its parser with positions, the merge with the machine's
// policy (which only tightens), and the record of which text the owner
// approved. It knows nothing of the host, the project or the agents.
package policy

import "time"

// FileName is the name of a project's policy, in the project's folder.
const FileName = "ringwall.toml"

// MachineFile is where the machine's own policy lies.
const MachineFile = "/etc/ringwall/policy.toml"

// Version is the only version of the format that this package reads.
const Version = 1

// Modes of the workspace and of the network.
const (
	Staged    = "staged"    // changes land above the project and are checked first
	Direct    = "direct"    // changes land in the project at once
	Allowlist = "allowlist" // what is listed, through the gateway
	None      = "none"      // no network at all
)

// Policy is a policy with its defaults filled in.
type Policy struct {
	Version     int          `json:"version"`
	Agent       string       `json:"agent,omitempty"`   // "claude"; empty where Command is given
	Command     []string     `json:"command,omitempty"` // any program, instead of Agent
	Workspace   Workspace    `json:"workspace"`
	Tools       Tools        `json:"tools"`
	Env         Env          `json:"env"`
	Network     Network      `json:"network"`
	Credentials []Credential `json:"credentials,omitempty"`
	Limits      Limits       `json:"limits"`
	Loop        Loop         `json:"loop"`
	Gates       Gates        `json:"gates"`

	marks  marks            // where each key was written
	bounds map[string]Bound // lists that the machine's policy bounds, by key
}

// Workspace is how the agent meets the project.
type Workspace struct {
	Mode   string   `json:"mode"`             // Staged or Direct
	Hide   []string `json:"hide,omitempty"`   // patterns relative to the project, added to what is found
	Freeze []string `json:"freeze,omitempty"` // patterns relative to the project, added to the guardrails
	Memory []string `json:"memory,omitempty"` // paths relative to the project that stay the agent's to write
	Home   []string `json:"home,omitempty"`   // folders below the agent's home that one iteration leaves for the next
	Caches []string `json:"caches,omitempty"` // of CacheNames: the owner's, shown below a layer of the run's own
	// Firm are the machine's entries of Freeze, which memory does not free.
	Firm []string `json:"-"`
}

// Tools are what the agent's own permission system allows.
type Tools struct {
	Allow   []string `json:"allow,omitempty"`   // commands: names without a folder, or "./name" at the top of the project
	Deny    []string `json:"deny,omitempty"`    // commands, with the words that they begin with
	Servers []string `json:"servers,omitempty"` // MCP servers of the project, by name; all others are off
	Hooks   bool     `json:"hooks,omitempty"`   // the project's hooks run
}

// Env is what the owner adds to the agent's environment.
type Env struct {
	Pass []string          `json:"pass,omitempty"` // taken from the owner's environment where set there
	Set  map[string]string `json:"set,omitempty"`
}

// Network is what the gateway lets through.
type Network struct {
	Mode  string   `json:"mode"`            // Allowlist or None
	Allow []string `json:"allow,omitempty"` // see ParseTarget, or "preset:name", as written
	Rules []Rule   `json:"rules,omitempty"`
	Deny  []string `json:"deny,omitempty"` // see ParseDeny, as written; wins over everything
	// Proxy is the proxy outside through which all connections are made:
	// "http://host:port".
	Proxy       string   `json:"proxy,omitempty"`
	CA          []string `json:"ca,omitempty"`           // files of authorities, absolute or below the owner's home with "~/"
	ProxyEnv    bool     `json:"proxy_env,omitempty"`    // HTTP_PROXY and its kin are set inside
	MaxRequests int64    `json:"max_requests,omitempty"` // of a run; 0: no bound
	MaxSent     int64    `json:"max_sent,omitempty"`     // bytes out of a run; 0: no bound
	// Learn is of a run that learns what it would need; no file says so.
	Learn bool `json:"-"`
	// Bounds are the machine's destinations, which what a preset brings has to
	// respect too (see Narrow).
	Bounds []Rule `json:"-"`
}

// Rule is one destination with what it may be sent.
type Rule struct {
	Host    string   `json:"host"`              // see ParseTarget, as written
	Methods []string `json:"methods,omitempty"` // upper case; empty: any
	Paths   []string `json:"paths,omitempty"`   // see CheckPath; empty: any
	// Intercept is whether TLS is opened to see methods, paths and bodies; nil:
	// the owner did not say.
	Intercept   *bool `json:"intercept,omitempty"`
	MaxRequests int64 `json:"max_requests,omitempty"` // of a run; 0: no bound
	MaxSent     int64 `json:"max_sent,omitempty"`     // bytes of a run; 0: no bound
	MaxUpload   int64 `json:"max_upload,omitempty"`   // bytes of one request's body; 0: no bound
	// Within are the bounds of the rules that Merge made this one of: what else
	// is made of them has to keep them too. No file says so.
	Within []Allowance `json:"-"`
}

// Allowance is what all rules that come from one may use together.
type Allowance struct {
	Name        string // of that one: its key and line
	MaxRequests int64  // of a run; 0: no bound
	MaxSent     int64  // bytes of a run; 0: no bound
}

// Free tells whether a rule is nothing but its destination.
func (r Rule) Free() bool {
	return r.Methods == nil && r.Paths == nil && r.Intercept == nil && r.MaxRequests == 0 && r.MaxSent == 0 && r.MaxUpload == 0
}

// Credential is a secret that the gateway holds for the agent.
type Credential struct {
	Name string `json:"name"`
	From From   `json:"from"`
	// Host is the one place that the secret is sent to, as written: "host" or
	// "host:port", with "http://" in front only for this machine itself.
	Host       string `json:"host"`
	Form       string `json:"form,omitempty"`   // empty: as the service has it, else Header
	Header     string `json:"header,omitempty"` // lower case; empty: as the agent's tool, or the service, has it
	Prefix     string `json:"prefix,omitempty"` // put before the secret: "Bearer "
	Param      string `json:"param,omitempty"`  // of the query
	User       string `json:"user,omitempty"`   // of basic authentication
	KeyEnv     string `json:"key_env,omitempty"`
	BaseURLEnv string `json:"base_url_env,omitempty"`
	IDEnv      string `json:"id_env,omitempty"`    // gets what stands for the key's identifier
	Intercept  *bool  `json:"intercept,omitempty"` // nil: where there is no variable for a base address
}

// Forms of a credential in a request.
const (
	HeaderForm = "header"
	BearerForm = "bearer" // short for the header authorization with "Bearer "
	BasicForm  = "basic"
	QueryForm  = "query"
	SigV4Form  = "sigv4"
)

// From is where a secret is read; exactly one field is set, JSON apart.
type From struct {
	Env     string   `json:"env,omitempty"`     // a variable of the owner's environment
	File    string   `json:"file,omitempty"`    // absolute, or below the owner's home with "~/"
	JSON    string   `json:"json,omitempty"`    // the place in File: "a.b.0"
	Command []string `json:"command,omitempty"` // prints the secret; run outside, as the owner
	Keyring string   `json:"keyring,omitempty"` // "service/account" of the system's keyring
	OAuth   string   `json:"oauth,omitempty"`   // the sign-in of "claude" or "codex"
}

// Limits bound one run, or one iteration of a loop.
type Limits struct {
	Memory    int64         `json:"memory"`              // bytes
	MilliCPUs int64         `json:"milli_cpus"`          // thousandths of a CPU
	PIDs      int64         `json:"pids"`                // processes and threads
	Disk      int64         `json:"disk"`                // bytes written to the workspace
	Inodes    int64         `json:"inodes"`              // files and folders made in the workspace
	Files     int64         `json:"files"`               // open files of one process
	FileSize  int64         `json:"file_size,omitempty"` // bytes of one file; 0: only Disk bounds it
	Output    int64         `json:"output"`              // bytes of standard output and error together
	Time      time.Duration `json:"time"`                // whole seconds
	// Must names the limits that have to be enforced as written: where one
	// would be downgraded, nothing is started.
	Must []string `json:"must,omitempty"`
}

// Loop is when a loop ends. A zero means that the policy does not say.
type Loop struct {
	MaxIterations int           `json:"max_iterations,omitempty"`
	MaxTime       time.Duration `json:"max_time,omitempty"`       // of the whole loop
	IterationTime time.Duration `json:"iteration_time,omitempty"` // see Policy.IterationTime
	MaxCostUSD    *float64      `json:"max_cost_usd,omitempty"`
	MaxTokens     int64         `json:"max_tokens,omitempty"` // of all kinds, as the gateway counts them
	Prices        []Price       `json:"prices,omitempty"`
	Verify        []string      `json:"verify,omitempty"` // shell commands, run inside before "done" is believed
	DoneToken     string        `json:"done_token"`
	BlockedToken  string        `json:"blocked_token"`
}

// Price is what a model's tokens cost, in millionths of a USD for a million of
// them, where it is not what is known of the model, or nothing is.
type Price struct {
	Model      string `json:"model"` // an ID, or what comes before its version
	Input      int64  `json:"input"`
	Output     int64  `json:"output"`
	CacheRead  int64  `json:"cache_read"`
	CacheWrite int64  `json:"cache_write"`
}

// defaults is the policy that holds where the owner wrote nothing: every limit
// is on.
func defaults() Policy {
	return Policy{
		Version:   Version,
		Workspace: Workspace{Mode: Staged},
		Network:   Network{Mode: Allowlist},
		Limits: Limits{
			Memory:    4 << 30,
			MilliCPUs: 2000,
			PIDs:      512,
			Disk:      10 << 30,
			Inodes:    500_000,
			Files:     4096,
			Output:    1 << 30,
			Time:      45 * time.Minute,
		},
		Loop:  Loop{DoneToken: "RINGWALL_DONE", BlockedToken: "RINGWALL_BLOCKED"},
		Gates: defaultGates(),
	}
}
