package stage

import "golang.org/x/sys/unix"

// found is a name below a folder that is walked.
type found struct {
	rel    string // relative to the folder
	stat   Stat
	target Name // of a link
}

// walkBelow calls for each name below a folder, parents first, until it returns
// false; with the text of links, if that is asked for. It follows nothing. What cannot be read is an error.
func (d *dir) walkBelow(name string, links bool, each func(found) bool) error {
	top := &tree{fd: d.fd}
	queue := []string{""}
	for len(queue) > 0 {
		rel := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		at := name
		if rel != "" {
			at = join(name, rel)
		}
		sub, names, err := top.open1(at, DefaultMaxEntries)
		if err != nil {
			return err
		}
		for _, n := range names {
			st, err := sub.raw(n)
			if err != nil {
				sub.close()
				return err
			}
			f := found{rel: join(rel, n), stat: toStat(st)}
			if links && f.stat.Type == Symlink {
				text, _ := sub.readlink(n) // one that vanished is found out later
				f.target = Name(text)
			}
			if !each(f) {
				sub.close()
				return nil
			}
			if f.stat.Type == Dir {
				queue = append(queue, f.rel)
			}
		}
		sub.close()
	}
	return nil
}

// open1 opens a folder for reading and for looking up names, and lists it.
func (t *tree) open1(rel string, limit int) (*dir, []string, error) {
	fd, err := t.open(rel, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, nil, err
	}
	d := &dir{fd}
	names, _, err := d.names(limit)
	if err != nil {
		d.close()
		return nil, nil, err
	}
	return d, names, nil
}

// marksOf fingerprints what lies in a folder, up to a number of names. A name
// that vanishes meanwhile, or a folder that cannot be read, makes a difference.
func (d *dir) marksOf(name string, most int) (marks, error) {
	m := make(marks, 0, 8*most)
	err := d.walkBelow(name, false, func(f found) bool {
		m = m.add(f.rel, f.stat)
		return m.count() < most
	})
	switch err {
	case unix.ENOENT, unix.ENOTDIR, unix.EACCES, unix.ELOOP, unix.EXDEV:
		return append(m, 0), nil // no whole mark: equal to none
	}
	return m, err
}
