//go:build linux && !cgo

package apart

// linked tells that this program was linked with C: it was not.
const linked = false
