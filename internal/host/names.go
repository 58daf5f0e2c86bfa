package host

// rootNames are the system directories of the view: programs and libraries,
// nothing of users, nothing of running services.
var rootNames = []string{"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"}

// etcNames is what programs read in /etc and what says nothing about this
// machine or its users. passwd, group, hosts, resolv.conf, nsswitch.conf and
// host name are ringwall's own. Left out on purpose: shadow, sudoers, ssh,
// machine-id, fstab, gitconfig (credential helpers), npmrc (tokens), and
// everything unknown.
var etcNames = []string{
	"alternatives", "bash.bashrc", "bash_completion.d", "ca-certificates", "ca-certificates.conf",
	"debian_version", "fonts", "inputrc", "java", "java-17-openjdk", "java-21-openjdk",
	"ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "locale.alias", "locale.conf",
	"magic", "magic.mime", "maven", "mime.types", "networks", "openssl", "os-release",
	"perl", "pki", "profile", "profile.d", "protocols", "python3", "python3.11", "python3.12",
	"python3.13", "redhat-release", "rpc", "services", "shells", "skel", "ssl", "terminfo",
	"timezone", "vim", "xattr.conf",
}
