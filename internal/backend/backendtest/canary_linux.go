package backendtest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

var canaryProbes = map[string]probe{
	"ask":        askWithKey,
	"everywhere": everywhere,
}

// askWithKey makes a call as an API's client would: "ask:URL-VARIABLE|HEADER|
// KEY-VARIABLE". The value is the answer, its headers included.
func askWithKey(arg string) (string, error) {
	f := strings.Split(arg, "|")
	req, err := http.NewRequest(http.MethodGet, os.Getenv(f[0])+"/v1/things", nil)
	if err != nil {
		return "", err
	}
	req.Header.Set(f[1], os.Getenv(f[2]))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var all bytes.Buffer
	fmt.Fprintln(&all, resp.Status)
	if err := resp.Header.Write(&all); err != nil {
		return "", err
	}
	_, err = io.Copy(&all, io.LimitReader(resp.Body, 1<<20))
	answer = all.Bytes() // it stays in memory, where it is looked for
	return all.String(), err
}

var answer []byte

// everywhere looks for a text, or eight bytes of it in a row, in all that can be
// read inside. It is given backwards, so that asking does not put it there.
func everywhere(backwards string) (string, error) {
	s := newSeeker(backwards)
	s.look("arguments", strings.NewReader(strings.Join(os.Args, "\n")))
	s.look("environment", strings.NewReader(strings.Join(os.Environ(), "\n")))
	s.look("answer", bytes.NewReader(answer))
	s.files("/")
	s.processes()
	if s.memories == 0 || s.read < 20 {
		return "", fmt.Errorf("only %d files and %d memories could be read", s.read, s.memories)
	}
	return strings.Join(s.found, " "), nil
}

// seeker looks for parts of a text whose order it never holds, not even in a
// register: a call or a signal puts registers onto the stack, which is memory
// that is searched. Eight bytes in a row are told by a product of theirs.
type seeker struct {
	parts          map[uint64]bool // products
	ends           [1 << 16]bool   // their low two bytes: most text is told apart by them
	found          []string
	read, memories int
}

// factor is odd: no two eights of bytes have the same product.
const factor = 0x9e3779b97f4a7c15

func newSeeker(backwards string) *seeker {
	s := &seeker{parts: map[uint64]bool{}}
	for i := 0; i+8 <= len(backwards); i++ {
		var product uint64 // a sum of the single bytes' products, in which the eight never stand together
		for j := range 8 {
			product += uint64(backwards[i+7-j]) * (factor << (8 * j))
		}
		s.parts[product], s.ends[uint16(product)] = true, true
	}
	return s
}

func (s *seeker) look(where string, r io.Reader) {
	buf := make([]byte, 0, 1<<20)
	in := bufio.NewReaderSize(r, 256<<10)
	for {
		n, err := in.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		for i := 0; i+8 <= len(buf); i++ {
			product := binary.LittleEndian.Uint64(buf[i:]) * factor
			if s.ends[uint16(product)] && s.parts[product] && !slices.Contains(s.found, where) {
				s.found = append(s.found, where)
			}
		}
		if keep := min(7, len(buf)); err == nil {
			buf = append(buf[:0], buf[len(buf)-keep:]...)
			continue
		}
		clear(buf) // what was looked at is not found again in this memory
		return
	}
}

// files looks at every file that can be read. The programs of the host are what
// they were before there was anything to look for.
func (s *seeker) files(top string) {
	_ = filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil
		case d.IsDir() && slices.Contains([]string{"/proc", "/sys", "/usr", "/lib", "/lib64", "/bin", "/sbin"}, path):
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		s.file(path)
		return nil
	})
}

func (s *seeker) file(path string) bool {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() { // a device is mounted over a file
		return false
	}
	s.read++
	s.look(path, f)
	return true
}

func (s *seeker) processes() {
	list, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range append(list, "/proc/self") {
		for _, name := range []string{"environ", "cmdline", "comm", "mountinfo", "status", "maps"} {
			s.file(dir + "/" + name)
		}
		s.memory(dir)
	}
}

// memory looks at all of a process's memory that can be read.
func (s *seeker) memory(dir string) {
	mem, err := os.Open(dir + "/mem")
	if err != nil {
		return
	}
	defer mem.Close()
	maps, err := os.ReadFile(dir + "/maps")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(maps)) {
		var from, to int64
		var mode string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); err != nil || mode[0] != 'r' || strings.Contains(line, "[v") {
			continue
		}
		s.memories++
		// Were the seeker to leave the right order behind, this would bring it here.
		s.look("arguments", strings.NewReader(strings.Join(os.Args, "\n")))
		s.look(dir+"/mem", io.NewSectionReader(mem, from, min(to-from, 64<<20)))
	}
}
