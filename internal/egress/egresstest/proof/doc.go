// Package proof holds no code. Its tests try every known way past the network
// layer from inside a sandbox, with the real program in a test network, and let
// real clients do their ordinary work there.
package proof
