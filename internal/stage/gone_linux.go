package stage

// gone is the list that stands beside an upper directory made from a copy, by
// folder; nil where there is none.
func (d Dirs) gone() (map[string][]string, error) {
	t, err := openTree(d.Iter)
	if err != nil {
		return nil, err
	}
	defer t.close()
	var r goneRecord
	found, err := (&dir{t.fd}).readJSON(goneName, &r)
	if err != nil || !found {
		return nil, err
	}
	out := map[string][]string{}
	for _, n := range r.Gone {
		up := parent(string(n))
		out[up] = append(out[up], base(string(n)))
	}
	return out, nil
}

// goneIn reads the deletions in a folder that is in the upper directory too.
func (r *reader) goneIn(f folder, low *dir) error {
	if low == nil {
		return nil
	}
	for _, n := range r.gone[f.rel] {
		ls, changed, err := low.statChanged(n)
		if err != nil {
			return err
		}
		if ls.Type != Absent {
			r.deleted(f, join(f.rel, n), ls, changed)
		}
	}
	return nil
}
