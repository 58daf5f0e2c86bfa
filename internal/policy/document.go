package policy

import (
	"bytes"

	"github.com/pelletier/go-toml/v2"
)

// document is the file as TOML has it, before sizes, times and hosts are read.
type document struct {
	Version    int64             `toml:"version"`
	Agent      string            `toml:"agent"`
	Command    []string          `toml:"command"`
	Workspace  workspaceTable    `toml:"workspace"`
	Tools      toolsTable        `toml:"tools"`
	Env        envTable          `toml:"env"`
	Network    networkTable      `toml:"network"`
	Credential []credentialTable `toml:"credential"`
	Limits     limitsTable       `toml:"limits"`
	Loop       loopTable         `toml:"loop"`
	Gates      gatesTable        `toml:"gates"`
}

type workspaceTable struct {
	Mode   string   `toml:"mode"`
	Hide   []string `toml:"hide"`
	Freeze []string `toml:"freeze"`
	Memory []string `toml:"memory"`
	Caches []string `toml:"caches"`
	Home   []string `toml:"home"`
}

type toolsTable struct {
	Allow   []string `toml:"allow"`
	Deny    []string `toml:"deny"`
	Servers []string `toml:"servers"`
	Hooks   bool     `toml:"hooks"`
}

type envTable struct {
	Pass []string          `toml:"pass"`
	Set  map[string]string `toml:"set"`
}

type networkTable struct {
	Mode        string      `toml:"mode"`
	Allow       []string    `toml:"allow"`
	Deny        []string    `toml:"deny"`
	Proxy       string      `toml:"proxy"`
	CA          []string    `toml:"ca"`
	ProxyEnv    bool        `toml:"proxy_env"`
	MaxRequests int64       `toml:"max_requests"`
	MaxSent     string      `toml:"max_sent"`
	Rule        []ruleTable `toml:"rule"`
}

type ruleTable struct {
	Host        string   `toml:"host"`
	Methods     []string `toml:"methods"`
	Paths       []string `toml:"paths"`
	Intercept   bool     `toml:"intercept"`
	MaxRequests int64    `toml:"max_requests"`
	MaxSent     string   `toml:"max_sent"`
	MaxUpload   string   `toml:"max_upload"`
}

type credentialTable struct {
	Name       string    `toml:"name"`
	From       fromTable `toml:"from"`
	Host       string    `toml:"host"`
	Form       string    `toml:"form"`
	Header     string    `toml:"header"`
	Prefix     string    `toml:"prefix"`
	Param      string    `toml:"param"`
	User       string    `toml:"user"`
	KeyEnv     string    `toml:"key_env"`
	BaseURLEnv string    `toml:"base_url_env"`
	IDEnv      string    `toml:"id_env"`
	Intercept  bool      `toml:"intercept"`
}

type fromTable struct {
	Env     string   `toml:"env"`
	File    string   `toml:"file"`
	JSON    string   `toml:"json"`
	Command []string `toml:"command"`
	Keyring string   `toml:"keyring"`
	OAuth   string   `toml:"oauth"`
}

type limitsTable struct {
	Memory   string   `toml:"memory"`
	CPUs     float64  `toml:"cpus"`
	PIDs     int64    `toml:"pids"`
	Disk     string   `toml:"disk"`
	Inodes   int64    `toml:"inodes"`
	Files    int64    `toml:"files"`
	FileSize string   `toml:"file_size"`
	Output   string   `toml:"output"`
	Time     string   `toml:"time"`
	Must     []string `toml:"must"`
}

type loopTable struct {
	MaxIterations int64    `toml:"max_iterations"`
	MaxTime       string   `toml:"max_time"`
	IterationTime string   `toml:"iteration_time"`
	MaxCost       string   `toml:"max_cost"`
	MaxTokens     int64    `toml:"max_tokens"`
	Verify        []string `toml:"verify"`
	DoneToken     string   `toml:"done_token"`
	BlockedToken  string   `toml:"blocked_token"`

	Price []priceTable `toml:"price"`
}

type priceTable struct {
	Model      string `toml:"model"`
	Input      string `toml:"input"`
	Output     string `toml:"output"`
	CacheRead  string `toml:"cache_read"`
	CacheWrite string `toml:"cache_write"`
}

// decode fills the document. The scan has already refused unknown keys and
// wrong types with better words; the decoder's own strictness stays on in case
// the two ever differ.
func decode(data []byte) (document, error) {
	var doc document
	d := toml.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err := d.Decode(&doc)
	return doc, err
}
