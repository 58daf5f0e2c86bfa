package seccomp

var native = x86
