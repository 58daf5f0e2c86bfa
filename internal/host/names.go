package host

// rootNames are the system directories of the view: programs and libraries,
// nothing of users, nothing of running services.
var rootNames = []string{"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"}

// etcNames is what programs read in /etc and what says nothing about this
// machine or its users, as patterns. passwd, group, hosts, resolv.conf,
// nsswitch.conf, host name and the shells' start files are ringwall's own.
// Left out on purpose: shadow, sudoers, ssh, machine-id, fstab, gitconfig
// (credential helpers), npmrc and pip.conf (tokens), profile.d and skel (what
// somebody exports there), ssl/private and pki's keys, and everything unknown.
var etcNames = []string{
	"alternatives", "ca-certificates", "ca-certificates.conf", "chromium.d", "crypto-policies",
	"debian_version", "fonts", "inputrc", "java", "java-*-openjdk",
	"ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "locale.alias", "locale.conf",
	"magic", "magic.mime", "maven", "mime.types", "networks", "openssl", "os-release",
	"perl", "pki/ca-trust", "pki/java", "pki/tls/cert.pem", "pki/tls/certs", "pki/tls/openssl.cnf",
	"protocols", "python3", "python3.*", "redhat-release", "rpc", "services", "shells",
	"ssl/ca-bundle.pem", "ssl/cert.pem", "ssl/certs", "ssl/openssl.cnf", "terminfo",
	"timezone", "xattr.conf",
}

// cpuNames are the files of /sys/devices/system/cpu that C libraries and
// runtimes count the CPUs by.
var cpuNames = []string{"kernel_max", "online", "possible", "present"}
