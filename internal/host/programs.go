package host

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Program is one name of PATH and the file that it stands for.
type Program struct {
	Name string `json:"name"` // "nc"
	Path string `json:"path"` // where the name was found, its folder resolved: "/usr/bin/nc"
	Real string `json:"real"` // links resolved: "/usr/bin/nc.openbsd"
}

// systemPath is where programs are looked for beside the owner's PATH.
var systemPath = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}

// alternatives holds links between a name in /usr/bin and its program.
const alternatives = "/etc/alternatives"

// FindPrograms tells which of the names are programs in the folders of PATH
// and of the system. Reading these folders costs more than the rest of a
// start's search, so the result is kept in the state directory, bound to the
// folders' times. It is for explanations: no control rests on it.
func (f Facts) FindPrograms(names []string) []Program {
	path := unique(slices.Concat(f.Path, systemPath))
	note := programNote{Key: programKey(path, names)}
	file := filepath.Join(f.StateDir, "programs.json")
	if kept, ok := recallPrograms(file, note.Key); ok {
		return kept
	}
	note.Programs = searchPrograms(resolvedDirs(path), names)
	if data, err := json.Marshal(note); err == nil {
		if os.WriteFile(file+".new", data, 0o600) == nil {
			os.Rename(file+".new", file)
		}
	}
	return note.Programs
}

// programNote is what an earlier start found.
type programNote struct {
	Key      string    `json:"key"`
	Programs []Program `json:"programs"`
}

// resolvedDirs are the folders that are there, links resolved, each once.
func resolvedDirs(path []string) []string {
	var out []string
	for _, d := range path {
		if real, err := filepath.EvalSymlinks(d); err == nil {
			out = append(out, real)
		}
	}
	return unique(out)
}

func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// programKey names the state of the folders.
func programKey(path, names []string) string {
	key := strings.Join(names, " ")
	for _, d := range append(slices.Clone(path), alternatives) {
		if info, err := os.Stat(d); err == nil {
			key += "\n" + strconv.FormatInt(info.ModTime().UnixNano(), 36) + " " + d
		}
	}
	return key
}

// recallPrograms reads the note, and looks whether what it names is there.
func recallPrograms(file, key string) ([]Program, bool) {
	var note programNote
	data, err := os.ReadFile(file)
	if err != nil || json.Unmarshal(data, &note) != nil || note.Key != key {
		return nil, false
	}
	for _, p := range note.Programs {
		if info, err := os.Lstat(p.Real); err != nil || !executable(info) {
			return nil, false
		}
	}
	return note.Programs, true
}

func searchPrograms(dirs, names []string) []Program {
	wanted := map[string]bool{}
	for _, n := range names {
		wanted[n] = true
	}
	var out []Program
	for _, dir := range dirs {
		for _, name := range listNames(dir) {
			if !wanted[name] {
				continue
			}
			path := filepath.Join(dir, name)
			real, err := filepath.EvalSymlinks(path)
			if err != nil {
				continue
			}
			if info, err := os.Lstat(real); err == nil && executable(info) {
				out = append(out, Program{Name: name, Path: path, Real: real})
			}
		}
	}
	return out
}

func listNames(dir string) []string {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1) // what could be read is enough
	slices.Sort(names)
	return names
}

func executable(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
