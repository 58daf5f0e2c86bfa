package backendtest

import (
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// fill writes to files: "fill:PREFIX|BYTES". It goes slowly enough for a watch.
func fill(arg string) (string, error) {
	prefix, bytes := two(arg)
	return pour(prefix, bytes, false)
}

// fillHidden writes to files that have no name any more.
func fillHidden(arg string) (string, error) {
	prefix, bytes := two(arg)
	return pour(prefix, bytes, true)
}

// fillDeep writes to files whose path is longer than the kernel takes in one
// piece: what looks by path does not find them.
func fillDeep(arg string) (string, error) {
	prefix, bytes := two(arg)
	name := strings.Repeat("d", 250)
	for range 20 {
		if err := unix.Mkdir(name, 0o755); err != nil {
			return "", err
		}
		if err := unix.Chdir(name); err != nil {
			return "", err
		}
	}
	return pour(prefix, bytes, false)
}

// fillClosed writes to files in a folder that nobody may look into.
func fillClosed(arg string) (string, error) {
	prefix, bytes := two(arg)
	for i := range int(number(bytes)) / each {
		dir := "closed" + strconv.Itoa(i)
		if err := unix.Mkdir(dir, 0o700); err != nil {
			return "", err
		}
		f, err := os.OpenFile(dir+"/"+prefix, os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return "", err
		}
		unix.Chmod(dir, 0)
		if _, err := f.Write(make([]byte, each)); err != nil {
			return "", err
		}
		f.Close()
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(settle)
	return bytes, nil
}

// each is how much goes into one file: less than a bound on a single file.
const each = 16 << 20

func pour(prefix, bytes string, hidden bool) (string, error) {
	buf := make([]byte, 1<<20)
	most, wrote := uint64(number(bytes)), uint64(0)
	var f *os.File
	for i := 0; wrote < most; i++ {
		if wrote%each == 0 {
			name := prefix + strconv.Itoa(i)
			var err error
			if f, err = os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o644); err != nil {
				return "", err
			}
			defer f.Close()
			if hidden {
				os.Remove(name)
			}
		}
		n, err := f.Write(buf)
		wrote += uint64(n)
		if err != nil {
			return strconv.FormatUint(wrote, 10), err
		}
		time.Sleep(2 * time.Millisecond)
	}
	time.Sleep(settle)
	return strconv.FormatUint(wrote, 10), nil
}

// inodes makes empty files: "inodes:DIR|COUNT".
func inodes(arg string) (string, error) {
	dir, count := two(arg)
	for i := range int(number(count)) {
		f, err := os.Create(filepath.Join(dir, "f"+strconv.Itoa(i)))
		if err != nil {
			return strconv.Itoa(i), err
		}
		f.Close()
	}
	time.Sleep(settle)
	return count, nil
}

// dirs makes empty folders: "dirs:DIR|COUNT".
func dirs(arg string) (string, error) {
	dir, count := two(arg)
	for i := range int(number(count)) {
		if err := unix.Mkdir(filepath.Join(dir, "d"+strconv.Itoa(i)), 0o755); err != nil {
			return strconv.Itoa(i), err
		}
	}
	time.Sleep(settle)
	return count, nil
}

// fillSparse makes files that are all hole, and fills the holes after: a limit
// that was asked for when they were made sees nothing.
func fillSparse(arg string) (string, error) {
	prefix, bytes := two(arg)
	return eachFile(prefix, bytes, os.O_CREATE|os.O_RDWR, func(f *os.File) error {
		if err := f.Truncate(each); err != nil {
			return err
		}
		return touch(f, each)
	})
}

// fillTmpfile writes to files that never had a name.
func fillTmpfile(arg string) (string, error) {
	_, bytes := two(arg)
	return eachFile("", bytes, unix.O_TMPFILE|os.O_RDWR, func(f *os.File) error {
		_, err := f.Write(make([]byte, each))
		return err
	})
}

// fillMapped leaves files that are removed, closed, and only mapped: no
// descriptor shows them either.
func fillMapped(arg string) (string, error) {
	prefix, bytes := two(arg)
	var names []string
	got, err := eachFile(prefix, bytes, os.O_CREATE|os.O_RDWR, func(f *os.File) error {
		if _, err := f.Write(make([]byte, each)); err != nil {
			return err
		}
		if _, err := unix.Mmap(int(f.Fd()), 0, 4096, unix.PROT_READ, unix.MAP_SHARED); err != nil {
			return err
		}
		names = append(names, f.Name())
		os.Remove(f.Name())
		return f.Close()
	})
	return got, err
}

// allocate takes space without writing to it, which takes no time.
func allocate(arg string) (string, error) {
	prefix, bytes := two(arg)
	return eachFile(prefix, bytes, os.O_CREATE|os.O_RDWR, func(f *os.File) error {
		return unix.Fallocate(int(f.Fd()), 0, 0, each)
	})
}

// eachFile opens file after file, as many as make up that size, and keeps them
// open. An empty prefix stands for files without a name.
func eachFile(prefix, bytes string, flags int, use func(*os.File) error) (string, error) {
	var got uint64
	for i := 0; got < uint64(number(bytes)); i++ {
		name := prefix + strconv.Itoa(i)
		if prefix == "" {
			name = "."
		}
		f, err := os.OpenFile(name, flags, 0o644)
		if err == nil {
			defer f.Close()
			err = use(f)
		}
		if err != nil {
			return strconv.FormatUint(got, 10), err
		}
		got += each
		time.Sleep(5 * time.Millisecond)
	}
	time.Sleep(settle)
	return strconv.FormatUint(got, 10), nil
}

// touch writes to every page of a file through a mapping.
func touch(f *os.File, size int) error {
	m, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	for i := 0; i < size; i += 4096 {
		m[i] = 1
	}
	return unix.Munmap(m)
}

// pages reads a file through a mapping and keeps it: page cache, which the
// kernel can take back.
func pages(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	m, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return "", err
	}
	var sum byte
	for i := 0; i < len(m); i += 4096 {
		sum += m[i]
	}
	time.Sleep(settle)
	return strconv.Itoa(int(sum)), nil
}

// grow makes one file longer: "grow:FILE|BYTES". The signal that tells of it is
// not waited for.
func grow(arg string) (string, error) {
	name, bytes := two(arg)
	signal.Ignore(unix.SIGXFSZ)
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return "", f.Truncate(int64(number(bytes)))
}
