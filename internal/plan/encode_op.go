package plan

// op writes the operations that are set, in the order of the fields of Op.
func (o *object) op(w *Op) {
	o.asked(w)
	if w.Mount != nil {
		o.mount(w.Mount)
	}
	if w.Workspace != nil {
		o.open("workspace")
		o.str("path", w.Workspace.Path)
		o.str("mode", w.Workspace.Mode)
		o.strOr("form", w.Workspace.Form)
		o.strOr("because", w.Workspace.Because)
		o.close()
	}
	if w.Guardrail != nil {
		o.guardrail(w.Guardrail)
	}
	if w.Mask != nil {
		o.open("mask")
		o.str("path", w.Mask.Path)
		o.str("reason", w.Mask.Reason)
		o.strOr("content", w.Mask.Content)
		o.flagOr("part", w.Mask.Part)
		o.close()
	}
	if w.Memory != nil {
		o.open("memory")
		o.str("path", w.Memory.Path)
		o.close()
	}
	if w.Cache != nil {
		o.rest("cache", w.Cache)
	}
	if w.Kept != nil {
		o.rest("kept", w.Kept)
	}
	if w.Search != nil {
		o.rest("search", w.Search)
	}
	o.process(w)
	o.network(w)
	if w.Limit != nil {
		o.limit(w.Limit)
	}
	if w.Decoy != nil {
		o.rest("decoy", w.Decoy)
	}
	if w.Stub != nil {
		o.stub(w.Stub)
	}
	if w.Ask != nil {
		o.ask(w.Ask)
	}
	if w.Gate != nil {
		o.gate(w.Gate)
	}
}

// asked are the first fields, up to the view.
func (o *object) asked(w *Op) {
	if i := w.Instruct; i != nil {
		o.open("instruct")
		o.str("name", i.Name)
		o.str("path", i.Path)
		o.str("sha256", i.SHA256)
		o.num("bytes", int64(i.Bytes))
		o.close()
	}
	if w.Tools != nil {
		o.open("tools")
		o.list("allow", w.Tools.Allow)
		o.bound(w.Tools.Bound)
		o.listOr("deny", w.Tools.Deny)
		o.listOr("servers", w.Tools.Servers)
		o.flagOr("hooks", w.Tools.Hooks)
		o.close()
	}
	if w.AgentFile != nil {
		o.rest("agent_file", w.AgentFile)
	}
	if w.Namespaces != nil {
		o.open("namespaces")
		o.list("kinds", w.Namespaces.Kinds)
		o.close()
	}
	if w.User != nil {
		o.user(w.User)
	}
}

func (o *object) user(u *User) {
	o.open("user")
	o.str("form", u.Form)
	o.num("host_uid", int64(u.HostUID))
	o.num("host_gid", int64(u.HostGID))
	o.num("uid", int64(u.UID))
	o.num("gid", int64(u.GID))
	o.str("name", u.Name)
	o.str("home", u.Home)
	o.str("host", u.Host)
	o.close()
}

func (o *object) mount(m *Mount) {
	o.open("mount")
	o.str("kind", string(m.Kind))
	o.str("target", m.Target)
	o.strOr("source", m.Source)
	o.flagOr("writable", m.Writable)
	o.flagOr("no_exec", m.NoExec)
	o.flagOr("optional", m.Optional)
	o.numOr("size", m.Size)
	o.strOr("content", m.Content)
	o.close()
}

func (o *object) guardrail(g *Guardrail) {
	o.open("guardrail")
	o.str("path", g.Path)
	o.flag("dir", g.Dir)
	o.flag("present", g.Present)
	o.str("reason", g.Reason)
	o.flagOr("link", g.Link)
	o.flagOr("around", g.Around)
	o.flagOr("hidden", g.Hidden)
	o.close()
}

func (o *object) limit(l *Limit) {
	o.open("limit")
	o.str("resource", l.Resource)
	o.num("value", l.Value)
	o.str("by", l.By)
	o.close()
}

// process are the fields about what the command is and may do.
func (o *object) process(w *Op) {
	if w.Env != nil {
		o.open("env")
		o.vars("vars", w.Env.Vars)
		o.close()
	}
	if w.Capabilities != nil {
		o.open("capabilities")
		o.list("keep", w.Capabilities.Keep)
		o.close()
	}
	if w.NoNewPrivs != nil {
		o.open("no_new_privs")
		o.close()
	}
	if w.Descriptors != nil {
		o.open("descriptors")
		o.num("keep", int64(w.Descriptors.Keep))
		o.close()
	}
	if w.Landlock != nil {
		o.open("landlock")
		o.num("abi", int64(w.Landlock.ABI))
		o.list("write", w.Landlock.Write)
		o.close()
	}
	if w.Syscalls != nil {
		o.open("syscalls")
		o.str("profile", w.Syscalls.Profile)
		o.flag("observe", w.Syscalls.Observe)
		o.close()
	}
}

func (o *object) network(w *Op) {
	if w.Gateway != nil {
		o.open("gateway")
		o.str("mode", w.Gateway.Mode)
		o.numbers("ports", w.Gateway.Ports)
		o.bound(w.Gateway.Bound)
		o.numOr("proxy", int64(w.Gateway.Proxy))
		o.flagOr("proxy_env", w.Gateway.ProxyEnv)
		o.strOr("upstream", w.Gateway.Upstream)
		o.numOr("max_requests", w.Gateway.MaxRequests)
		o.numOr("max_sent", w.Gateway.MaxSent)
		o.flagOr("learn", w.Gateway.Learn)
		if len(w.Gateway.Prices) > 0 {
			o.rest("prices", w.Gateway.Prices)
		}
		o.close()
	}
	if w.Apart != nil {
		o.open("apart")
		o.num("host_uid", int64(w.Apart.HostUID))
		o.num("host_gid", int64(w.Apart.HostGID))
		o.num("landlock", int64(w.Apart.Landlock))
		o.close()
	}
	if w.Egress != nil {
		o.egress(w.Egress)
	}
	if w.Credential != nil {
		o.rest("credential", w.Credential)
	}
	if w.Trust != nil {
		o.rest("trust", w.Trust)
	}
}

func (o *object) egress(e *Egress) {
	o.open("egress")
	o.str("host", e.Host)
	o.num("port", int64(e.Port))
	o.listOr("methods", e.Methods)
	o.listOr("paths", e.Paths)
	o.flagOr("deny", e.Deny)
	o.flagOr("intercept", e.Intercept)
	o.numOr("max_requests", e.MaxRequests)
	o.numOr("max_sent", e.MaxSent)
	o.numOr("max_upload", e.MaxUpload)
	if len(e.Within) > 0 {
		o.rest("within", e.Within)
	}
	o.close()
}

func (o *object) bound(b *Bound) {
	if b == nil {
		return
	}
	o.open("bound")
	o.str("from", b.From)
	o.listOr("refused", b.Refused)
	o.close()
}

func (o *object) stub(s *Stub) {
	o.open("stub")
	o.str("tool", s.Tool)
	o.list("names", s.Names)
	o.list("files", s.Files)
	o.str("reason", s.Reason)
	o.close()
}

func (o *object) ask(a *Ask) {
	o.open("ask")
	o.str("program", a.Program)
	o.str("plan", a.Plan)
	o.str("source", a.Source)
	o.close()
}

func (o *object) gate(g *Gate) {
	o.open("gate")
	o.str("name", g.Name)
	o.str("action", g.Action)
	o.numOr("most", g.Most)
	o.strOr("command", g.Command)
	o.close()
}
