// Package launch is what supervisor and first process say to each other.
//
//	supervisor (outside)                    first process (PID 1 inside)
//	  clone into new namespaces  ────────►  become the small program
//	                        ◄─ Begun ─────  wait; nothing is known yet, so this
//	                                        goes on while the plan is made
//	  write its identity maps
//	                        ─── Files ───►  more descriptors, where there are many
//	                        ─── Spec ────►  the Spec in a sealed memfd, the command's
//	                                        three streams, detached mounts
//	                                        become the command's user, unless the
//	                                        view is built as another
//	                                        build the view, host name, loopback
//	                        ◄─ Sockets ───  listeners of the gateway (descriptors)
//	                        ◄─ Watched ───  decoys (descriptors)
//	                        ◄─ Terminal ──  the master of its terminal (descriptor)
//	                        ◄─ Ready   ───
//	  limits, cgroup, gateway
//	                        ─── Go ────►    close all but 0-2 and this socket
//	                                        drop capabilities, no_new_privs,
//	                                        Landlock, seccomp
//	                        ◄─ Confined ──  where refused calls are seen (descriptor)
//	  read the limits back
//	                        ─── Go ────►    start the command
//	                        ─── Signal ──►  forwarded to the command
//	                        ◄─ Exited  ───  its wait status
//
// At any point before Exited the first process may say Failed and end; if the
// socket closes, it ends at once, and the kernel kills all that it started.
package launch

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// Kinds of messages: the first byte of each.
const (
	Begun    = 'B'
	Files    = 'F' // the Spec, the streams and the mounts, in that order
	SpecWord = 'M' // the last of them
	Sockets  = 'S'
	Watched  = 'W'
	Terminal = 'P'
	Ready    = 'R'
	Go       = 'G'
	Confined = 'C'
	Signal   = 'T' // one byte: the signal's number
	Exited   = 'X' // four bytes: the wait status; one: 1 if no other process is left
	Failed   = 'E' // four bytes: errno; then what could not be done
)

// Descriptors of the first process, after 0 to 2, which are /dev/null. It is
// started with the socket; the others get these numbers as they arrive.
const (
	SocketFD = 3
	SpecFD   = 4
	StreamFD = 5 // and the two after it: the command's 0, 1 and 2
	FirstFD  = 8 // of those that the Spec refers to
)

// PerMessage bounds the descriptors in one message.
const PerMessage = 32

// Op is one step in building the view.
type Op uint8

// The steps. Target is a path inside; Source is a path of the host, or, with
// FD set, a detached mount that the supervisor made.
const (
	Dir      Op = iota + 1 // make a directory
	Tmpfs                  // an empty file system of Size bytes
	Bind                   // Source at Target
	Proc                   // the own process file system
	Devpts                 // the own terminals
	Symlink                // Data is the text
	File                   // Data is the content
	Overlay                // the host's directory Source below, FD or Data (a host directory with upper/ and work/) above
	Freeze                 // make what Target is read-only, where it is
	Pin                    // make Target a mount point, so that it cannot be moved
	Absent                 // make Target, which does not exist, empty and read-only
	Mask                   // Data in place of the content of Target
	ReadOnly               // make the mount at Target read-only, and none of those on it
	Cover                  // nothing in place of Target, a name that the kernel made
	Between                // the host's directory Source, or FD, goes between the two of the next Overlay
	Tree                   // the host's directory Source, or FD, writable at Target; what is mounted in it is read-only
)

// Flags of a step.
const (
	Writable = 1 << iota
	NoExec
	Devices
	Optional // if Source does not exist, leave the step out
	UseFD    // FD instead of Source
	Folder   // Absent, Cover, Mask: a directory, not a file; Pin: made if it is not there
	Link     // Freeze: the symbolic link itself, not what it leads to
	Above    // Overlay: upper/ stays as it is, and what is written goes to check/, above it
)

// When the first process becomes the user and group that the command runs as.
const (
	SwitchNever uint8 = iota // the maps make it that user from the start
	SwitchFirst              // before it builds the view
	SwitchLast               // after, so that the overlay's layers are written by another
)

// Step is one entry of the list that the first process interprets.
type Step struct {
	Op     Op
	Flags  uint8
	Target string
	Source string
	Data   string
	Mode   uint32
	Size   int64
	FD     int
}

// Socket is one listener that is opened inside. Network is tcp4, tcp6, udp4
// or udp6; Addr has 4 or 16 bytes.
type Socket struct {
	Network string
	Addr    string
	Port    int
}

// Rlimit is one limit of resources, both soft and hard.
type Rlimit struct {
	Resource int
	Value    uint64
}

// Spec is all that the first process is told.
type Spec struct {
	ProbeOnly bool // build the view, say Ready, end
	Switch    uint8
	UID, GID  int // inside; whom to become
	Hostname  string
	Steps     []Step
	AnyRoute  bool // route every address to loopback
	// HostNetwork: the network namespace is the host's, and nothing in it is
	// touched (Birth.HostNetwork of package namespace).
	HostNetwork bool
	Sockets     []Socket
	Watch       []string // files inside whose descriptors the supervisor gets
	Rlimits     []Rlimit
	CPUs        []int // the CPUs to run on; empty: as inherited
	Landlock    int   // version of the interface; 0: none
	Write       []string
	Filter      []byte // seccomp program; empty: none
	Observe     bool   // refused calls are answered by the supervisor
	Session     bool   // in a session of its own: no controlling terminal
	// Seconds end the sandbox from inside, some after the supervisor should
	// have: one that is stopped ends nothing. 0: never.
	Seconds int64
	// Terminal makes a terminal inside: the command has it as its controlling
	// one, and its other end goes to the supervisor. TerminalFDs says which of
	// the descriptors 0, 1 and 2 it is, as bits.
	Terminal    bool
	TerminalFDs uint8
	Dir         string
	Argv        []string
	Env         []string
}

// ErrMalformed is returned for bytes that are not a Spec.
var ErrMalformed = errors.New("malformed launch specification")

// version is the first byte: supervisor and first process are built together,
// and a mix of two builds must not be half understood.
const version = 6

// Encode renders the Spec as bytes.
func (s *Spec) Encode() []byte {
	e := &encoder{b: append(make([]byte, 0, s.size()), version)}
	s.walk(e)
	return e.b
}

// size is about what the Spec takes: memory that grows is memory touched twice.
func (s *Spec) size() int {
	n := 4096 + len(s.Filter)
	for _, st := range s.Steps {
		n += len(st.Target) + len(st.Source) + len(st.Data) + 24
	}
	for _, list := range [][]string{s.Argv, s.Env, s.Watch, s.Write} {
		for _, text := range list {
			n += len(text) + 4
		}
	}
	return n
}

// Decode reads what Encode wrote, and nothing else: bytes that Encode would
// not have written, such as a number too large for its field, are malformed.
func Decode(b []byte) (*Spec, error) {
	if len(b) == 0 || b[0] != version {
		return nil, ErrMalformed
	}
	d := &decoder{b: b[1:]}
	s := new(Spec)
	s.walk(d)
	if d.bad || !bytes.Equal(s.Encode(), b) {
		return nil, ErrMalformed
	}
	return s, nil
}

// codec goes over the fields in one order for both directions, so that the
// two cannot drift apart.
type codec interface {
	text(*string)
	number(*int64)
	length(int) int
}

func (s *Spec) walk(c codec) {
	flag(c, &s.ProbeOnly)
	integer(c, &s.Switch)
	integer(c, &s.UID)
	integer(c, &s.GID)
	c.text(&s.Hostname)
	list(c, &s.Steps, (*Step).walk)
	flag(c, &s.AnyRoute)
	flag(c, &s.HostNetwork)
	list(c, &s.Sockets, (*Socket).walk)
	texts(c, &s.Watch)
	list(c, &s.Rlimits, (*Rlimit).walk)
	list(c, &s.CPUs, func(n *int, c codec) { integer(c, n) })
	integer(c, &s.Landlock)
	texts(c, &s.Write)
	filter := string(s.Filter)
	c.text(&filter)
	s.Filter = []byte(filter)
	flag(c, &s.Observe)
	flag(c, &s.Session)
	c.number(&s.Seconds)
	flag(c, &s.Terminal)
	integer(c, &s.TerminalFDs)
	c.text(&s.Dir)
	texts(c, &s.Argv)
	texts(c, &s.Env)
}

func (s *Step) walk(c codec) {
	integer(c, &s.Op)
	integer(c, &s.Flags)
	c.text(&s.Target)
	c.text(&s.Source)
	c.text(&s.Data)
	integer(c, &s.Mode)
	c.number(&s.Size)
	integer(c, &s.FD)
}

func (s *Socket) walk(c codec) {
	c.text(&s.Network)
	c.text(&s.Addr)
	integer(c, &s.Port)
}

func (r *Rlimit) walk(c codec) {
	integer(c, &r.Resource)
	integer(c, &r.Value)
}

func integer[T ~int | ~uint8 | ~uint32 | ~uint64](c codec, p *T) {
	n := int64(*p)
	c.number(&n)
	*p = T(n)
}

func flag(c codec, p *bool) {
	var n int64
	if *p {
		n = 1
	}
	c.number(&n)
	*p = n != 0
}

func list[T any](c codec, p *[]T, each func(*T, codec)) {
	n := c.length(len(*p))
	if *p == nil && n > 0 {
		*p = make([]T, n)
	}
	for i := range *p {
		each(&(*p)[i], c)
	}
}

func texts(c codec, p *[]string) {
	list(c, p, func(s *string, c codec) { c.text(s) })
}

type encoder struct{ b []byte }

// text ends with a NUL, so that the first process, which has no heap, can hand
// a text to the kernel from where it lies.
func (e *encoder) text(s *string) {
	e.b = binary.AppendUvarint(e.b, uint64(len(*s)))
	e.b = append(append(e.b, *s...), 0)
}

func (e *encoder) number(n *int64) { e.b = binary.AppendVarint(e.b, *n) }

func (e *encoder) length(n int) int {
	e.b = binary.AppendUvarint(e.b, uint64(n))
	return n
}

type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) text(s *string) {
	n := d.length(0)
	if d.bad || n >= len(d.b) || d.b[n] != 0 {
		d.fail()
		return
	}
	*s, d.b = string(d.b[:n]), d.b[n+1:]
}

func (d *decoder) number(p *int64) {
	n, used := binary.Varint(d.b)
	if used <= 0 {
		d.fail()
		return
	}
	*p, d.b = n, d.b[used:]
}

// length reads a count. Every counted thing takes at least a byte, so a count
// beyond what is left cannot be true.
func (d *decoder) length(int) int {
	n, used := binary.Uvarint(d.b)
	if used <= 0 || n > uint64(len(d.b)-used) {
		d.fail()
		return 0
	}
	d.b = d.b[used:]
	return int(n)
}

func (d *decoder) fail() { d.bad, d.b = true, nil }

// Uint32 reads the number at the start of a message's body.
func Uint32(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(b)
}

// GuardSize is the length of one message, in bytes, to the process that
// restores the caller's terminal: how many bytes of the text count, the modes to
// restore, the modes that were set instead (each struct termios of the kernel),
// and the text that undoes what the command switched on. The last message before
// the supervisor goes is the one that counts; zeroes mean that there is nothing
// to restore. Messages are shorter than PIPE_BUF, so that none is half there.
const (
	GuardSize   = 1 + 2*TermiosSize + GuardText
	GuardText   = 255
	TermiosSize = 36
)
