package seccomp

import "golang.org/x/sys/unix"

// Bounded chooses the limits that the filter helps to keep.
type Bounded struct {
	Disk bool // space on the disk is watched
	Core bool // RLIMIT_CORE keeps core dumps from a program outside
}

// Operation codes that only the bounds use.
const (
	jset    = 0x45 // jump if A & K
	eopnot  = 95   // EOPNOTSUPP
	pretend = 0    // success, and nothing done
)

// What fallocate(2) does beside taking space.
const givesBack = unix.FALLOC_FL_PUNCH_HOLE | unix.FALLOC_FL_COLLAPSE_RANGE | unix.FALLOC_FL_INSERT_RANGE

// Bounds is the part of the filter that stands before the table's: it answers
// the calls by which a limit could be outrun or taken off, and falls through to
// what follows for all others. A pointer has 64 bits, which no row of the table
// compares.
func Bounds(b Bounded) []Instruction {
	var p []Instruction
	if b.Disk {
		p = append(p, allocation()...)
	}
	if b.Core {
		p = append(p, coreLimit()...)
	}
	return p
}

// allocation refuses to take space without writing to it: in the time of one
// look a disk would be full. Programs write instead, as on a file system that
// cannot allocate ahead.
func allocation() []Instruction {
	return []Instruction{
		{ldAbs, 0, 0, offNr},
		{jeq, 0, 3, unix.SYS_FALLOCATE},
		{ldAbs, 0, 0, offArgs + 8},
		{jset, 1, 0, givesBack},
		{ret, 0, 0, retErrno | eopnot},
	}
}

// coreLimit leaves RLIMIT_CORE as it is. At 1 the kernel starts no program for a
// core dump; at 0 it would, as root and outside. Setting it seems to succeed:
// some programs that set it to 0 for their secrets' sake end if they cannot.
// Reading it, with no new limit, goes on.
func coreLimit() []Instruction {
	return []Instruction{
		{ldAbs, 0, 0, offNr},
		{jeq, 0, 2, unix.SYS_SETRLIMIT},
		{ldAbs, 0, 0, offArgs},
		{jeq, 7, 8, unix.RLIMIT_CORE},
		{jeq, 0, 7, unix.SYS_PRLIMIT64},
		{ldAbs, 0, 0, offArgs + 8},
		{jeq, 0, 5, unix.RLIMIT_CORE},
		{ldAbs, 0, 0, offArgs + 16}, // the new limit's address, its low half
		{jeq, 0, 2, 0},
		{ldAbs, 0, 0, offArgs + 20},
		{jeq, 1, 0, 0},
		{ret, 0, 0, retErrno | pretend},
	}
}
