//go:build linux && cgo

package apart

// linked tells that this program was linked with C, and needs its libraries
// beside it. That of a release is not.
const linked = true
