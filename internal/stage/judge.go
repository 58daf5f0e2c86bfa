package stage

// Judge says what the gate makes of a path of the project by its name alone,
// as it does when an iteration's changes are checked. kind is what would stand
// there; path is relative to the project. What the policy lets pass is ordinary.
// Its error is about the rules.
func (r Rules) Judge(path string, kind Type) (Class, string, error) {
	m, err := newMatcher(r)
	if err != nil {
		return "", "", err
	}
	if v := r.let(m.judge(path, kind)); v.class != "" {
		return v.class, v.detail, nil
	}
	return Ordinary, "", nil
}
