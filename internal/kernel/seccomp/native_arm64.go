package seccomp

var native = arm
