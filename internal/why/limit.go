package why

import "fmt"

// beyond says what meets whoever wants more.
var beyond = map[string][2]string{
	"memory":    {"ENOMEM or SIGKILL", "memory"},
	"pids":      {"EAGAIN", "pids"},
	"cpu":       {"slower", "cpus"},
	"disk":      {"the run ends", "disk"},
	"file_size": {"EFBIG or SIGXFSZ", "file_size"},
	"files":     {"EMFILE", "files"},
	"core":      {"no core file", ""},
	"time":      {"the run ends", "time"},
}

// limit answers for a resource.
func (w World) limit(a *Answer) error {
	a.Subject = a.Asked
	for _, c := range w.Plan.Controls {
		l := c.Want.Limit
		if l == nil || l.Resource != a.Asked {
			continue
		}
		met := beyond[l.Resource]
		p := by(c, "use", Conditional, met[0])
		p.WayOut = "none"
		if met[1] != "" {
			p.WayOut = policyKey(c.From, "change limits."+met[1])
		}
		a.one(p)
		return nil
	}
	return fmt.Errorf("no limit is called %q", a.Asked)
}
