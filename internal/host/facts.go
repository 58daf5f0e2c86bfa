// Package host gathers facts about this machine as one value. Capabilities are
// found by trying, never by version numbers or the presence of a file: a
// device that can be opened may still not work, and a kernel that has a
// feature may have it switched off.
package host

// Ability is one thing that this host can or cannot do.
type Ability struct {
	OK bool `json:"ok"`
	// Why tells, where it cannot, what the kernel said.
	Why string `json:"why,omitempty"`
	// Fix is what the owner of the machine can do about it.
	Fix string `json:"fix,omitempty"`
}

// Cgroups is where control groups of our own can be made.
type Cgroups struct {
	Version int `json:"version"` // 0: none, 1 or 2
	// Dirs maps a controller (memory, pids, cpu) to the directory in which a
	// group can be made. On version 2 all are the same.
	Dirs map[string]string `json:"dirs,omitempty"`
	Why  string            `json:"why,omitempty"` // for what is missing
	// Swap: a memory limit leaves swap unbounded here.
	Swap bool `json:"swap,omitempty"`
}

// Facts is the whole. The zero value stands for a host that can do nothing.
type Facts struct {
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	Kernel string `json:"kernel"`
	Name   string `json:"name"`

	UID      int    `json:"uid"`
	GID      int    `json:"gid"`
	Groups   []int  `json:"groups"`
	User     string `json:"user"`
	Home     string `json:"home"`
	StateDir string `json:"state_dir"`
	// Account is the dedicated account for agents, if there is one: as root the
	// one that is used, else the one that was set up for this user.
	Account *Account `json:"account,omitempty"`
	Mappers Mappers  `json:"mappers"`

	CPUs   int   `json:"cpus"`   // usable ones
	Memory int64 `json:"memory"` // bytes

	Sandbox Ability `json:"sandbox"` // all namespaces, proc, tmpfs
	Overlay Ability `json:"overlay"` // inside them, with the state directory above
	// NoOverlay says why the project that was looked at cannot lie below an
	// overlay here; empty: it can.
	NoOverlay string  `json:"no_overlay,omitempty"`
	Idmap     Ability `json:"idmap"`  // id-mapped mounts; only tried as root
	Beside    Ability `json:"beside"` // an ordinary user can run agents under the account
	Shared    Ability `json:"shared"` // and the account may work in the project that was looked at
	Seccomp   Ability `json:"seccomp"`
	Observe   Ability `json:"observe"`  // refused calls can be seen
	Landlock  int     `json:"landlock"` // version of the interface; 0: none
	// LandlockLacks is what this version does not have and would be used.
	LandlockLacks []string `json:"landlock_lacks,omitempty"`
	Cgroups       Cgroups  `json:"cgroups"`

	SmallInit bool `json:"small_init"` // the small first process was built in

	// Entries of the root and of /etc that exist, resolved; the view is made
	// of these.
	Root []Entry `json:"root"`
	Etc  []Entry `json:"etc"`
	// Tools are directories outside /usr that PATH or a toolchain's own
	// variables name, found to hold programs; none lies in another.
	Tools []string `json:"tools"`
	// ToolVars tell programs of Tools where their own are: RUSTUP_HOME.
	ToolVars map[string]string `json:"tool_vars,omitempty"`
	// Private is what lies beside programs and is nobody else's business.
	Private []Private `json:"private,omitempty"`
	// Bundles are the system's certificate authorities in PEM, as the view shows
	// them, and CertDir is the folder of its certificates, for a machine that has
	// no bundle. JavaStores are the same in Java's own form.
	Bundles    []string `json:"bundles,omitempty"`
	CertDir    string   `json:"cert_dir,omitempty"`
	JavaStores []string `json:"java_stores,omitempty"`
	// CPUFiles are the names and texts of the files by which programs count
	// the CPUs.
	CPUFiles map[string]string `json:"cpu_files,omitempty"`
	Path     []string          `json:"path"`
	// Programs are names of PATH that the caller asked about (FindPrograms).
	Programs []Program `json:"programs,omitempty"`
	// Self is the file of the running ringwall; empty where it is not known.
	Self string            `json:"self,omitempty"`
	Env  map[string]string `json:"-"` // the whole environment; never printed

	key  string   // what trying found is remembered under
	over []string // places above which an overlay was mounted
}

// Private is a file, socket or folder below a directory that the view shows.
type Private struct {
	Path string `json:"path"`
	Dir  bool   `json:"dir,omitempty"`
	// Text stands in the file's place: what it says, without its secrets.
	Text string `json:"text,omitempty"`
	Why  string `json:"why"`
}

// Entry is one name in a directory.
type Entry struct {
	Path string `json:"path"`
	Link string `json:"link,omitempty"` // its text, where it is a link
}

// Account is a user of this machine.
type Account struct {
	Name string `json:"name"`
	UID  int    `json:"uid"`
	GID  int    `json:"gid"`
}

// Mappers are the paths of newuidmap and newgidmap.
type Mappers struct {
	UID string `json:"uid"`
	GID string `json:"gid"`
}

// Root says whether ringwall runs as root.
func (f Facts) IsRoot() bool { return f.UID == 0 }

// Program is one name of PATH and the file that it stands for.
type Program struct {
	Name string `json:"name"` // "nc"
	Path string `json:"path"` // where the name was found, its folder resolved: "/usr/bin/nc"
	Real string `json:"real"` // links resolved: "/usr/bin/nc.openbsd"
}
