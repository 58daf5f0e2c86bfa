package seccomp

// Argument values, from the kernel's uapi headers.
const (
	tiocsti   = 0x5412
	tioclinux = 0x541c
	tioccons  = 0x541d
	tiocsetd  = 0x5423
	ioctlKD   = 0x4b00 // the keyboard and font of a console, linux/kd.h
	ioctlVT   = 0x5600 // virtual terminals, linux/vt.h
	ioctlType = 0xffffff00

	cloneNewNS     = 0x00020000
	cloneNewCgroup = 0x02000000
	cloneNewUTS    = 0x04000000
	cloneNewIPC    = 0x08000000
	cloneNewUser   = 0x10000000
	cloneNewPID    = 0x20000000
	cloneNewNet    = 0x40000000
	cloneNewAny    = cloneNewNS | cloneNewCgroup | cloneNewUTS | cloneNewIPC |
		cloneNewUser | cloneNewPID | cloneNewNet

	oWrite = 0x1 | 0x2 | 0x40 | 0x200 // O_WRONLY O_RDWR O_CREAT O_TRUNC

	afUnix    = 1
	afInet    = 2
	afInet6   = 10
	afNetlink = 16

	sockStream   = 1
	sockDgram    = 2
	sockTypeMask = 0xf // the rest is SOCK_NONBLOCK and SOCK_CLOEXEC

	ipprotoTCP   = 6
	ipprotoUDP   = 17
	netlinkRoute = 0

	solIP     = 0
	solSocket = 1
	solTCP    = 6
	solUDP    = 17
	solIPv6   = 41

	soAttachFilter        = 26
	soAttachBPF           = 50
	soAttachReuseportCBPF = 51
	soAttachReuseportEBPF = 52
	tcpRepair             = 19
	tcpULP                = 31
	udpEncap              = 100

	msgOOB = 1

	filterNewListener = 1 << 3
	prSetMM           = 35

	mapHugetlb = 0x40000
	mfdHugetlb = 0x4
	mfdUnknown = 0x03ffffe0 // neither a flag of memfd_create nor a size of huge pages
	shmHugetlb = 0x800

	all32 = 0xffffffff
)

// netfilter is the set and get operations by which tables of packet filters
// are replaced: iptables, arptables, ebtables.
var netfilter = []uint32{64, 65, 96, 97, 128, 129}

// families is the address families that programs need; the rest has a long
// record of kernel bugs (AF_ALG, AF_VSOCK, AF_PACKET, AF_RDS, AF_TIPC ...).
var families = []uint32{afUnix, afInet, afInet6, afNetlink}

// inet is a condition on the family of a new socket.
var inet = Test{Arg: 0, In: []uint32{afInet, afInet6}}
