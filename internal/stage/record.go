package stage

import "ringwall/internal/evidence"

// Names in an iteration's folder. Which of them exist is the whole state of
// applying: nothing yet, begun, or done.
const (
	upperName   = "upper"
	workName    = "work"
	heldName    = "held"
	applyName   = "apply.json"   // before the first change to the project
	appliedName = "applied.json" // after the last
	keptName    = "kept.json"    // read, and never to be applied by itself
	manifest    = "held.json"    // in the held folder
)

// recordVersion is the version of the records; a reader refuses others.
const recordVersion = 1

// applyRecord is what finishing the work after a crash needs.
type applyRecord struct {
	Version   int     `json:"version"`
	Run       string  `json:"run"`
	Project   Name    `json:"project"`
	ProjectID ID      `json:"project_id"`
	Entries   []Entry `json:"entries"`
}

// appliedRecord marks the work as done.
type appliedRecord struct {
	Version int `json:"version"`
	Applied int `json:"applied"`
	Held    int `json:"held"`
}

// keptRecord says why an upper directory is kept unapplied.
type keptRecord struct {
	Version int    `json:"version"`
	Why     string `json:"why"`
}

// heldRecord is the manifest of the held folder.
type heldRecord struct {
	Version int    `json:"version"`
	Held    []Held `json:"held"`
}

// Outcome is what Recover found and did.
type Outcome string

// The outcomes.
const (
	Nothing   Outcome = "nothing"   // the iteration had ended in order
	Finished  Outcome = "finished"  // applying was cut short and is now done
	Discarded Outcome = "discarded" // cut short before anything was applied
	Kept      Outcome = "kept"      // holds a changeset that was never to be applied by itself
	Withdrawn Outcome = "withdrawn" // the agent worked in the project itself; what must not stay is held
)

// Report tells what Recover did about one iteration.
type Report struct {
	Run     string // empty unless applying had begun
	Outcome Outcome
	What    []string // printable: names of files removed, or what was kept
	Result  Result   // of Finished
}

// Event is the report for the journal.
func (r Report) Event(run string) evidence.Recovered {
	did := map[Outcome]string{
		Nothing:   "nothing was left to do",
		Finished:  "applying the changes was cut short; it is finished",
		Discarded: "the iteration was cut short; its changes were dropped",
		Kept:      "the changes are kept and were not applied",
		Withdrawn: "its changes are in the project, but for what must not be there",
	}
	return evidence.Recovered{Run: run, Did: did[r.Outcome], What: r.What}
}
