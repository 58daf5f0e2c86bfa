package agent

import "testing"

// TestTooManyFindingsAreSaid: the list is cut, and its end says so.
func TestTooManyFindingsAreSaid(t *testing.T) {
	var list []Finding
	for range MaxFindings {
		list = AddFinding(list, Finding{File: "f", Problem: TooBroad})
	}
	if len(list) != MaxFindings || list[MaxFindings-1].Problem != TooBroad {
		t.Fatalf("%d", len(list))
	}
	for range 3 {
		list = AddFinding(list, Finding{File: "f", Problem: TooBroad})
	}
	if len(list) != MaxFindings+1 || list[MaxFindings].Problem != Malformed || list[MaxFindings].File != "f" {
		t.Errorf("%d, the last is %+v", len(list), list[len(list)-1])
	}
}
