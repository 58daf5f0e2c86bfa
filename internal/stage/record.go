package stage

import (
	"strconv"

	"ringwall/internal/evidence"
)

// Names in an iteration's folder. Which of them exist is the whole state of
// applying: nothing yet, begun, or done.
const (
	upperName   = "upper"
	workName    = "work"
	cachesName  = "caches" // what the backend puts above the owner's caches; never a change
	heldName    = "held"
	applyName   = "apply.json"   // before the first change to the project
	appliedName = "applied.json" // after the last
	beforeName  = "before"       // what stood in the project; it was the upper directory
	keptName    = "kept.json"    // read, and never to be applied by itself
	manifest    = "held.json"    // in the held folder

	rollbackName   = "rollback.json"   // before anything is undone
	rolledBackName = "rolledback.json" // after all is
	droppedName    = "dropped.json"    // what the owner had removed
)

// recordVersion is the version of the records; a reader refuses others.
const recordVersion = 2

// names are those of one transaction: its journal, the mark that it is done,
// and its store.
type names struct{ journal, done, store string }

// applyNames are the names of applying an iteration.
func applyNames() names { return names{applyName, appliedName, beforeName} }

// acceptNames are those of the n-th time that held entries were accepted.
func acceptNames(n int) names {
	s := strconv.Itoa(n)
	return names{"accept-" + s + ".json", "accepted-" + s + ".json", "accept-" + s}
}

// undo are the names of undoing the transaction.
func (n names) undo() names { return names{"undo-" + n.journal, "undone-" + n.done, n.store} }

// doneRecord marks a transaction as done.
type doneRecord struct {
	Version int `json:"version"`
	Applied int `json:"applied"`
	Held    int `json:"held"`
	// Skipped are the operations that were not carried out.
	Skipped []int `json:"skipped,omitempty"`
	// Stayed is what undoing left as it was: a person's later change.
	Stayed []Held `json:"stayed,omitempty"`
}

// markRecord says that something was begun or is over.
type markRecord struct {
	Version int    `json:"version"`
	Run     string `json:"run"`
}

// droppedRecord lists what was removed by the owner's decision.
type droppedRecord struct {
	Version int    `json:"version"`
	Whole   bool   `json:"whole,omitempty"` // a changeset that was kept as it was
	Why     string `json:"why,omitempty"`   // of a whole one: why it was kept
	Dropped []Held `json:"dropped"`
}

// keptRecord says why an upper directory is kept unapplied.
type keptRecord struct {
	Version   int    `json:"version"`
	Why       string `json:"why"`
	Project   Name   `json:"project,omitempty"`
	ProjectID ID     `json:"project_id,omitzero"`
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
	Unapplied Outcome = "kept"      // holds a changeset that was never to be applied by itself
	Undone    Outcome = "undone"    // rolling back was cut short and is now done
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
		Unapplied: "the changes are kept and were not applied",
		Undone:    "rolling the iteration back was cut short; it is finished",
		Withdrawn: "its changes are in the project, but for what must not be there",
	}
	return evidence.Recovered{Run: run, Did: did[r.Outcome], What: r.What}
}
