package plan

// Op is exactly one operation that a backend, the stage, the gateway or the
// loop carries out. One field is set; the others are nil.
type Op struct {
	Instruct     *Instruct     `json:"instruct,omitempty"`
	Tools        *Tools        `json:"tools,omitempty"`
	AgentFile    *AgentFile    `json:"agent_file,omitempty"`
	Namespaces   *Namespaces   `json:"namespaces,omitempty"`
	User         *User         `json:"user,omitempty"`
	Mount        *Mount        `json:"mount,omitempty"`
	Workspace    *Workspace    `json:"workspace,omitempty"`
	Guardrail    *Guardrail    `json:"guardrail,omitempty"`
	Mask         *Mask         `json:"mask,omitempty"`
	Memory       *Memory       `json:"memory,omitempty"`
	Cache        *Cache        `json:"cache,omitempty"`
	Kept         *Kept         `json:"kept,omitempty"`
	Search       *Search       `json:"search,omitempty"`
	Env          *Env          `json:"env,omitempty"`
	Capabilities *Capabilities `json:"capabilities,omitempty"`
	NoNewPrivs   *NoNewPrivs   `json:"no_new_privs,omitempty"`
	Descriptors  *Descriptors  `json:"descriptors,omitempty"`
	Landlock     *Landlock     `json:"landlock,omitempty"`
	Syscalls     *Syscalls     `json:"syscalls,omitempty"`
	Gateway      *Gateway      `json:"gateway,omitempty"`
	Apart        *Apart        `json:"apart,omitempty"`
	Egress       *Egress       `json:"egress,omitempty"`
	Credential   *Credential   `json:"credential,omitempty"`
	Trust        *Trust        `json:"trust,omitempty"`
	Limit        *Limit        `json:"limit,omitempty"`
	Decoy        *Decoy        `json:"decoy,omitempty"`
	Stub         *Stub         `json:"stub,omitempty"`
	Ask          *Ask          `json:"ask,omitempty"`
	Gate         *Gate         `json:"gate,omitempty"`
}

// count is the number of operations set.
func (o *Op) count() (n int) {
	for _, set := range [...]bool{o.Instruct != nil, o.Tools != nil, o.AgentFile != nil, o.Namespaces != nil,
		o.User != nil, o.Mount != nil, o.Workspace != nil, o.Guardrail != nil, o.Mask != nil, o.Memory != nil, o.Cache != nil, o.Kept != nil, o.Search != nil,
		o.Env != nil, o.Capabilities != nil, o.NoNewPrivs != nil, o.Descriptors != nil, o.Landlock != nil,
		o.Syscalls != nil, o.Gateway != nil, o.Apart != nil, o.Egress != nil, o.Credential != nil, o.Trust != nil, o.Limit != nil, o.Decoy != nil,
		o.Stub != nil, o.Ask != nil, o.Gate != nil} {
		if set {
			n++
		}
	}
	return n
}

// Instruct puts a file's text, as it was when the plan was made, into every
// iteration's prompt.
type Instruct struct {
	Name   string `json:"name"`   // "CONSTITUTION.md"
	Path   string `json:"path"`   // relative to the project
	SHA256 string `json:"sha256"` // of the snapshot
	Bytes  int    `json:"bytes"`
}

// Tools is what the agent's own permission system is told.
type Tools struct {
	Allow   []string `json:"allow"` // commands
	Bound   *Bound   `json:"bound,omitempty"`
	Deny    []string `json:"deny,omitempty"`    // commands, with the words that they begin with
	Servers []string `json:"servers,omitempty"` // MCP servers of the project; all others are off
	Hooks   bool     `json:"hooks,omitempty"`   // the project's hooks run
}

// Bound is the machine's policy where it bounds a list of the project's.
type Bound struct {
	From    string   `json:"from"`              // its line
	Refused []string `json:"refused,omitempty"` // what the project asked for in vain
}

// AgentFile is a read-only file that the agent reads its configuration from,
// rendered from the plan and never taken from the project.
type AgentFile struct {
	Path    string `json:"path"` // absolute, inside
	Content string `json:"content"`
}

// Namespaces lists the kernel namespaces that are the sandbox's own.
type Namespaces struct {
	Kinds []string `json:"kinds"` // user mount pid network ipc uts cgroup
}

// User is the identity of the agent.
type User struct {
	Form    string `json:"form"`     // "owner", "account-root", "account"
	HostUID int    `json:"host_uid"` // what the kernel sees
	HostGID int    `json:"host_gid"`
	UID     int    `json:"uid"` // what the agent sees
	GID     int    `json:"gid"`
	Name    string `json:"name"`
	Home    string `json:"home"` // inside
	Host    string `json:"host"` // host name inside
}

// MountKind is how an entry of the view is made.
type MountKind string

const (
	Bind    MountKind = "bind"    // Source, a path of the host
	Tmpfs   MountKind = "tmpfs"   // empty, of at most Size bytes
	Proc    MountKind = "proc"    // a process file system of the own pid namespace
	Dev     MountKind = "dev"     // null zero full random urandom, own pts and shm
	Symlink MountKind = "symlink" // Source is the link's text
	File    MountKind = "file"    // Content, made by ringwall
	Hide    MountKind = "hide"    // Content in place of the file or socket that another entry brought along
)

// Mount is one entry of the file system view. The view holds nothing else.
type Mount struct {
	Kind     MountKind `json:"kind"`
	Target   string    `json:"target"` // absolute, inside
	Source   string    `json:"source,omitempty"`
	Writable bool      `json:"writable,omitempty"`
	NoExec   bool      `json:"no_exec,omitempty"`
	Optional bool      `json:"optional,omitempty"` // absent on the host: leave out
	Size     int64     `json:"size,omitempty"`     // bytes
	Content  string    `json:"content,omitempty"`
}

// Workspace is the project as the agent sees it.
type Workspace struct {
	Path string `json:"path"` // the same inside and outside
	Mode string `json:"mode"` // "staged": the project stays as it is meanwhile; "direct": it is the project
	// Form of a staged workspace: empty for an overlay above the project,
	// FormCopy for a copy of it.
	Form    string `json:"form,omitempty"`
	Because string `json:"because,omitempty"` // why it is not an overlay
}

// Modes and forms of a workspace.
const (
	ModeStaged = "staged"
	ModeDirect = "direct"
	FormCopy   = "copy"
)

// Guardrail freezes a path of the workspace: readable, never changed, created
// or moved, and never applied.
type Guardrail struct {
	Path    string `json:"path"`    // relative to the workspace, slash-separated
	Dir     bool   `json:"dir"`     // the whole folder
	Present bool   `json:"present"` // false: frozen as absent
	Reason  string `json:"reason"`  // what the file could do
	// Link: a symbolic link, which stays what it is. What it leads to is a
	// guardrail of its own.
	Link bool `json:"link,omitempty"`
	// Around: a folder with memory in it. It stays in its place, what else it
	// holds is frozen by itself, and what is new in it is held at the gate.
	Around bool `json:"around,omitempty"`
	// Hidden: it is there, and something empty stands in its place.
	Hidden bool `json:"hidden,omitempty"`
}

// Mask hides a file's content: a text that says so stands in its place.
type Mask struct {
	Path   string `json:"path"` // relative to the workspace
	Reason string `json:"reason"`
	// Content stands in the file's place; empty: a short note.
	Content string `json:"content,omitempty"`
	// Part: Content is the file itself without the secrets in it.
	Part bool `json:"part,omitempty"`
}

// Memory is a path that stays the agent's to write although it lies beside, or
// in, what is frozen. At the gate it is an ordinary change.
type Memory struct {
	Path string `json:"path"` // relative to the workspace; a folder: all in it
}

// Search is the look through the project for guardrails and secrets.
type Search struct {
	Complete bool `json:"complete"`
}

// Env is the whole environment of the agent.
type Env struct {
	Vars map[string]string `json:"vars"`
}

// Capabilities is what is left of root's powers.
type Capabilities struct {
	Keep []string `json:"keep"` // always empty
}

// NoNewPrivs keeps set-user-ID and file capabilities from giving anything.
type NoNewPrivs struct{}

// Descriptors is what the agent inherits.
type Descriptors struct {
	Keep int `json:"keep"` // 3: standard input, output and error
}

// Landlock is the second lock behind the mounts.
type Landlock struct {
	ABI   int      `json:"abi"`
	Write []string `json:"write"` // trees in which the agent may write
}

// Syscalls is the system call filter.
type Syscalls struct {
	Profile string `json:"profile"` // "default"
	Observe bool   `json:"observe"` // refusals are seen by the supervisor
}

// Gateway is the only way out.
type Gateway struct {
	Mode  string `json:"mode"`  // "none", or "allowlist"
	Ports []int  `json:"ports"` // on which it listens inside; any other is refused by the kernel
	Bound *Bound `json:"bound,omitempty"`
	// Proxy is the loopback port inside on which it speaks the protocols of a
	// proxy, for programs that are told of one: HTTP with CONNECT, and SOCKS 5.
	Proxy int `json:"proxy,omitempty"`
	// ProxyEnv sets HTTP_PROXY and its kin inside to that port.
	ProxyEnv bool `json:"proxy_env,omitempty"`
	// Upstream is a proxy outside through which all connections are made:
	// "http://host:port", without credentials. It then is the one that resolves.
	Upstream    string `json:"upstream,omitempty"`
	MaxRequests int64  `json:"max_requests,omitempty"` // of the run; 0: no bound
	MaxSent     int64  `json:"max_sent,omitempty"`     // bytes out of the sandbox in the run; 0: no bound
	// Learn answers every name and refuses every connection when it has said
	// what it is for, so that a policy can be proposed from what was refused.
	Learn bool `json:"learn,omitempty"`
	// Prices are the owner's, where they are not those that are known.
	Prices []Price `json:"prices,omitempty"`
}

// Price is what a model's tokens cost, in millionths of a USD for a million.
type Price struct {
	Model      string `json:"model"`
	Input      int64  `json:"input"`
	Output     int64  `json:"output"`
	CacheRead  int64  `json:"cache_read"`
	CacheWrite int64  `json:"cache_write"`
}

// Apart makes the gateway a process of its own, with namespaces, a view and a
// filter of its own. It holds the credentials and reads what strangers send.
type Apart struct {
	HostUID  int `json:"host_uid"` // whom the kernel sees; never the agent's account
	HostGID  int `json:"host_gid"`
	Landlock int `json:"landlock"` // version of the interface; 0: none
}

// Egress allows one destination, or denies it.
type Egress struct {
	// Host is an exact name in canonical form, "*." before one (every name
	// below it, not itself), an address, or a range of addresses as "10.0.0.0/8".
	Host    string   `json:"host"`
	Port    int      `json:"port"`              // 0 only with Deny: any
	Methods []string `json:"methods,omitempty"` // of HTTP; empty: any
	// Paths are patterns of which one has to match a request's path; empty: any.
	// "*" stands for any text without a slash, "**" for any text.
	Paths []string `json:"paths,omitempty"`
	// Deny refuses whatever else allows it.
	Deny bool `json:"deny,omitempty"`
	// Intercept opens TLS with the run's own authority, so that methods, paths
	// and bodies are seen.
	Intercept   bool  `json:"intercept,omitempty"`
	MaxRequests int64 `json:"max_requests,omitempty"` // in the run; 0: no bound
	MaxSent     int64 `json:"max_sent,omitempty"`     // bytes in the run; 0: no bound
	MaxUpload   int64 `json:"max_upload,omitempty"`   // bytes of one request's body; 0: no bound
	// Within are bounds that this rule has in common with others.
	Within []Allowance `json:"within,omitempty"`
}

// Allowance is what several rules may use together: those that come from one
// rule of a policy, where another policy has more rules for its place.
type Allowance struct {
	Name        string `json:"name"`                   // of that rule: "network.rule[0] of /etc/ringwall/policy.toml:3"
	MaxRequests int64  `json:"max_requests,omitempty"` // in the run; 0: no bound
	MaxSent     int64  `json:"max_sent,omitempty"`     // bytes in the run; 0: no bound
}

// Forms of a credential in a request.
const (
	FormHeader = "header" // Header: Prefix + secret; the default
	FormBasic  = "basic"  // Authorization: Basic base64(User:secret)
	FormQuery  = "query"  // the parameter Param of the query
	FormSigV4  = "sigv4"  // signed with AWS Signature Version 4
)

// Credential is held by the gateway; the agent gets a placeholder.
type Credential struct {
	Name     string `json:"name"`
	FromEnv  string `json:"from_env,omitempty"`
	FromFile string `json:"from_file,omitempty"`
	// FromJSON leads to the secret in FromFile: names of objects and numbers of
	// lists, with dots between them.
	FromJSON    string   `json:"from_json,omitempty"`
	FromCommand []string `json:"from_command,omitempty"` // prints the secret
	FromKeyring string   `json:"from_keyring,omitempty"` // "service/account" of the system's keyring
	FromOAuth   string   `json:"from_oauth,omitempty"`   // "claude" or "codex": a subscription's sign-in, refreshed outside
	Scheme      string   `json:"scheme"`                 // of the upstream: "https", or "http" to a loopback address
	Host        string   `json:"host"`
	Port        int      `json:"port"`
	Form        string   `json:"form,omitempty"`         // FormHeader where empty
	Header      string   `json:"header"`                 // "x-api-key", "authorization"
	Prefix      string   `json:"prefix,omitempty"`       // "Bearer "
	Param       string   `json:"param,omitempty"`        // of FormQuery
	User        string   `json:"user,omitempty"`         // of FormBasic
	Listen      int      `json:"listen,omitempty"`       // loopback port inside on which the gateway speaks for the host; 0: none
	KeyEnv      string   `json:"key_env,omitempty"`      // gets the placeholder
	BaseURLEnv  string   `json:"base_url_env,omitempty"` // gets http://127.0.0.1:Listen and BasePath
	BasePath    string   `json:"base_path,omitempty"`    // "/v1"
	Intercept   bool     `json:"intercept,omitempty"`    // it is put into TLS connections to Host:Port too
	// IDEnv gets a placeholder for the identifier beside the secret, where there
	// is one (AWS_ACCESS_KEY_ID of FormSigV4).
	IDEnv string `json:"id_env,omitempty"`
	// Shape is the placeholder's form; each "%s", and "%36a" and its like,
	// becomes random text at each run, so that a plan's hash does not change
	// with it (credform.Placeholder).
	Shape string `json:"shape"`
}

// Trust puts certificate authorities into the stores that programs inside use:
// the run's own, whose key the gateway alone has, and those that the policy
// names.
type Trust struct {
	Own    bool     `json:"own"`              // the run's own authority: something is intercepted
	Extra  []string `json:"extra,omitempty"`  // PEM files of the host
	System string   `json:"system,omitempty"` // the host's bundle, or its folder of certificates
	// Bundles are the paths inside that get the system's authorities with these,
	// in PEM.
	Bundles []string `json:"bundles"`
	Added   string   `json:"added"`              // path inside that gets these alone, in PEM
	Java    []string `json:"java,omitempty"`     // paths inside that get what Bundles get, as a Java key store
	EnvVars []string `json:"env_vars,omitempty"` // variables that name the first of Bundles
	AddVars []string `json:"add_vars,omitempty"` // variables that name Added: of programs with a list of their own
}

// What Trust makes where the system has nothing to cover.
const (
	TrustFolder = "/run/ringwall/trust"
	TrustBundle = TrustFolder + "/bundle.pem"
	TrustAdded  = TrustFolder + "/added.pem"
)

// Limit bounds one resource.
type Limit struct {
	Resource string `json:"resource"` // memory, pids, cpu, disk, files, time, ...
	Value    int64  `json:"value"`    // bytes, processes, thousandths of a CPU, seconds
	By       string `json:"by"`       // "cgroup v1 memory", "RLIMIT_NPROC", "watch" ...
}

// Decoy is a worthless file at a path that a thief would open. Its content is
// random at each run; that it was opened is an event, and that it was on its way
// out an alarm, which ends the run.
type Decoy struct {
	Path  string `json:"path"`  // absolute, inside
	Shape string `json:"shape"` // text with "%s", "%36s", "%16k", "%r": see package egress/bait
}

// Stub covers the file of a program that the policy does not allow. What
// stands in its place says so and ends with 126. It explains and is no
// boundary: a copy of the program runs.
type Stub struct {
	Tool   string   `json:"tool"`   // "nc"
	Names  []string `json:"names"`  // all by which the files are started: "nc", "netcat"
	Files  []string `json:"files"`  // absolute, links resolved: "/usr/bin/nc.openbsd"
	Reason string   `json:"reason"` // what the program could do
}

// Ask lets the agent ask why: ringwall itself, and the plan as far as the agent
// may know it, both read-only.
type Ask struct {
	Program string `json:"program"` // where ringwall is inside
	Plan    string `json:"plan"`    // where the plan is inside
	Source  string `json:"source"`  // the running ringwall on the host
}

// Gate is what is done with changes before they reach the project.
type Gate struct {
	// Name is a class of changes ("guardrail"), a finding ("tests_weakened"), or
	// one of the names below.
	Name    string `json:"name"`
	Action  string `json:"action"`            // apply, report, hold, reject, drop
	Most    int64  `json:"most,omitempty"`    // of GateFiles and GateLines
	Command string `json:"command,omitempty"` // of GateVerify, for the shell inside
}

// Gates that fail for a changeset as a whole.
const (
	GateVerify = "verify"    // a command that must succeed over the staged tree
	GateFiles  = "max_files" // entries of the changeset
	GateLines  = "max_lines" // lines added and removed
)

// Where Ask puts things.
const (
	AskProgram = "/run/ringwall/bin/ringwall"
	AskPlan    = "/run/ringwall/plan.json"
)
