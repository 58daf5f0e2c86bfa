package review

// View is the state of stepping through changes on a terminal. It knows keys
// and rows of text, and nothing of a terminal.
type View struct {
	title  string
	items  []Decided // with what was pressed; agreed has what that comes to
	agreed []Decided
	load   func(Change) *Diff
	mode   mode
	cursor int // the change that is looked at
	scroll int // first row of its diff
	w, h   int // columns and rows of the screen
	shown  shown
	done   bool
	yes    bool   // the decisions were confirmed
	notice string // for the next screen only
}

type mode int

const (
	both    mode = iota // list and diff
	reading             // the diff alone
	help
	confirming
)

// NewView shows the changes of a run. load is asked for the diff of a change
// when it is first looked at.
func NewView(r Run, load func(Change) *Diff) *View {
	v := &View{title: r.Run, load: load, w: 80, h: 24}
	for _, c := range r.Changes() {
		v.items = append(v.items, Decided{Change: c})
	}
	v.agreed = Agree(v.items)
	return v
}

// Resize tells how large the screen is.
func (v *View) Resize(columns, rows int) {
	v.w, v.h = max(columns, 1), max(rows, 1)
	v.clamp()
}

// Done tells whether the view is to be closed, and whether its decisions were
// confirmed.
func (v *View) Done() (done, agreed bool) { return v.done, v.yes }

// Decisions are those that were made, in the order of the list.
func (v *View) Decisions() []Decided {
	var out []Decided
	for _, c := range v.agreed {
		if c.Decision != None {
			out = append(out, c)
		}
	}
	return out
}

// Key takes one key.
func (v *View) Key(k Key) {
	v.notice = ""
	switch {
	case k == Ctrl+"c":
		v.done = true
	case v.mode == confirming:
		v.confirm(k)
	case v.mode == help:
		v.mode = both
	case k == "?":
		v.mode = help
	case k == "q":
		v.finish()
	case v.mode == reading && v.read(k):
	default:
		v.walk(k)
	}
	v.clamp()
}

// finish asks for the one confirmation, if there is anything to confirm.
func (v *View) finish() {
	if len(v.Decisions()) == 0 {
		v.done = true
		return
	}
	v.mode, v.scroll = confirming, 0
}

func (v *View) confirm(k Key) {
	switch k {
	case "y":
		v.done, v.yes = true, true
	case "n", Escape, "b":
		v.mode, v.scroll = both, 0
	case "Q":
		v.done = true
	case "j", Down, " ":
		v.scroll++
	case "k", Up:
		v.scroll--
	}
}

// read takes the keys that mean something else while a diff is read.
func (v *View) read(k Key) bool {
	switch k {
	case "j", Down:
		v.scroll++
	case "k", Up:
		v.scroll--
	case Enter, Escape:
		v.mode = both
	case "n":
		v.move(1)
	case "p":
		v.move(-1)
	default:
		return false
	}
	return true
}

// walk takes the keys of the list, and those that are the same everywhere.
func (v *View) walk(k Key) {
	switch k {
	case "j", Down, "n":
		v.move(1)
	case "k", Up, "p":
		v.move(-1)
	case "g", Home:
		v.move(-len(v.items))
	case "G", End:
		v.move(len(v.items))
	case " ", PageDown, Ctrl + "f", Ctrl + "d", "J":
		v.scroll += max(1, v.pane()-2)
	case PageUp, Ctrl + "b", Ctrl + "u", "K", "backspace":
		v.scroll -= max(1, v.pane()-2)
	case Enter:
		v.mode = reading
	case "a":
		v.decide(Accept)
	case "d":
		v.decide(Drop)
	case "s":
		v.decide(None)
	}
}

// move goes to another change.
func (v *View) move(by int) {
	to := min(max(v.cursor+by, 0), len(v.items)-1)
	if to != v.cursor {
		v.cursor, v.scroll = to, 0
	}
}

// decide notes a decision, about a folder for all that is held in it, and goes
// on to what comes after.
func (v *View) decide(d Decision) {
	if len(v.items) == 0 {
		return
	}
	c := v.items[v.cursor].Change
	if !c.Open() {
		v.notice = undecidable(c.State)
		return
	}
	next := v.cursor
	for i, other := range v.items {
		if other.Open() && within(other.Change, c) {
			v.items[i].Decision, next = d, i
		}
	}
	v.agreed = Agree(v.items)
	if next+1 < len(v.items) && v.items[next+1].Open() {
		v.move(next + 1 - v.cursor)
	}
}

// undecidable says why there is nothing to decide.
func undecidable(state string) string {
	switch state {
	case Part:
		return "its iteration is kept whole, and decided as a whole: at the top of the list"
	case Applied:
		return "it is applied; ringwall rollback takes whole iterations back"
	}
	return "it is " + state + ": there is nothing to decide"
}

// clamp keeps the diff on the screen.
func (v *View) clamp() {
	v.scroll = max(0, min(v.scroll, len(v.body())-v.pane()))
}
