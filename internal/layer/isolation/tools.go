package isolation

import "strings"

// risky is one row of the table of programs that an agent seldom needs and
// that reach beyond its work. files are base names that a name may lead to
// beside itself and "NAME.variant".
type risky struct {
	name  string
	files string
	why   string
}

// riskyTools is the table, by group. It explains and is no boundary: what a
// program could do is refused by the layers, whatever it is called. Programs
// that build, test or version a project (git, make, tar, openssl, dpkg ...) do
// not belong here, even where they can use the network.
func riskyTools() []risky {
	const (
		transfer = "moves data over the network"
		stream   = "opens any connection, and can serve a shell"
		remote   = "gives a shell or files on another machine"
		scan     = "looks for machines and services in the network"
		become   = "starts programs as another user"
		spaces   = "enters or makes namespaces, which gives capabilities in them"
		engine   = "starts containers: an engine's socket is root on the host"
		cluster  = "administers a cluster with its owner's credentials"
		machines = "starts virtual machines"
		services = "controls services or the power of the machine"
		mounts   = "changes what is mounted"
		modules  = "loads code into the kernel"
		firewall = "changes the rules of the host's network"
		later    = "starts programs later, when nobody looks"
		packages = "installs programs on the machine"
		clouds   = "acts in a cloud account with its owner's credentials"
		forges   = "acts on a code host with its owner's account"
		infra    = "changes infrastructure with its owner's credentials"
	)
	var t []risky
	add := func(why, names string) {
		for _, n := range strings.Fields(names) {
			name, files, _ := strings.Cut(n, "=")
			t = append(t, risky{name, files, why})
		}
	}
	// Network clients.
	add(transfer, "curl wget wget2 aria2c axel lftp rclone rsync")
	add(transfer, "ftp=tnftp,netkit-ftp,inetutils-ftp tftp=inetutils-tftp")
	add(stream, "nc ncat netcat=nc socat telnet=inetutils-telnet")
	add(remote, "ssh slogin=ssh scp sftp sshfs mosh autossh sshpass rsh rlogin")
	add(scan, "nmap masscan tcpdump tshark")
	// Privilege.
	add(become, "sudo sudoedit=sudo su doas pkexec runuser setpriv run0=systemd-run")
	add(spaces, "unshare nsenter chroot")
	// Containers, clusters, virtual machines.
	add(engine, "docker docker-compose dockerd podman podman-compose podman-remote buildah skopeo nerdctl ctr crictl")
	add(engine, "containerd runc crun lxc incus systemd-nspawn machinectl")
	add(cluster, "kubectl helm k9s k3s minikube")
	add(machines, "virsh virt-install vagrant VBoxManage multipass")
	// The machine.
	add(services, "systemctl service shutdown=systemctl reboot=systemctl poweroff=systemctl halt=systemctl telinit=systemctl systemd-run rc-service")
	add(mounts, "mount umount fusermount=fusermount3 fusermount3")
	add(modules, "insmod modprobe rmmod kexec bpftool")
	add(firewall, "iptables ip6tables nft ufw firewall-cmd")
	add(later, "crontab at atq=at atrm=at batch=at")
	add(packages, "apt apt-get yum dnf zypper pacman apk flatpak")
	// Clouds and publishing.
	add(clouds, "aws gcloud gsutil bq az doctl linode-cli eksctl heroku vercel netlify flyctl wrangler firebase")
	add(forges, "gh glab")
	add(infra, "terraform tofu pulumi ansible ansible-playbook=ansible vault")
	return t
}

// RiskyNames are the names of the table, for whoever looks for the programs.
func RiskyNames() []string {
	t := riskyTools()
	out := make([]string, len(t))
	for i, r := range t {
		out[i] = r.name
	}
	return out
}

// RiskyReason says what a program of the table could do; empty: it is not in
// the table.
func RiskyReason(name string) string {
	for _, r := range riskyTools() {
		if r.name == name {
			return r.why
		}
	}
	return ""
}

// leadsTo tells whether the row's name may stand for a file of that base name.
// Any other is a program with many names (busybox, kmod, snap, a version
// manager's shim), which is more than this one and is never covered.
func (r risky) leadsTo(base string) bool {
	for f := range strings.SplitSeq(r.files, ",") {
		if f != "" && variant(base, f) {
			return true
		}
	}
	return r.ownName(base)
}

// ownName tells whether a file is called as the row is: "nc", "nc.openbsd".
func (r risky) ownName(base string) bool { return variant(base, r.name) }

func variant(base, name string) bool {
	rest, ok := strings.CutPrefix(base, name)
	return ok && (rest == "" || rest[0] == '.')
}
