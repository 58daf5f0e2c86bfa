package seccomp

// argumentRules narrow calls that programs need by what they are asked for.
func argumentRules() []Rule {
	t := []Rule{
		{Call: "ioctl", When: []Test{{Arg: 1, In: []uint32{tiocsti, tioclinux}}}, Action: Deny,
			Why: "types into the terminal outside; only the low half counts (CVE-2019-7303, CVE-2023-28100)"},
		{Call: "ioctl", When: []Test{{Arg: 1, In: []uint32{tiocsetd, tioccons}}}, Action: Deny,
			Why: "loads a line discipline, each a parser in the kernel (CVE-2017-2636, CVE-2023-6546), or takes the console"},
		{Call: "ioctl", When: []Test{{Arg: 1, Mask: ioctlType, In: []uint32{ioctlKD, ioctlVT}}}, Action: Deny,
			Why: "changes the keyboard, the font or the screen of a console: what its owner types and sees"},
		{Call: "personality", When: []Test{{Arg: 0, In: []uint32{0, all32}, Not: true}}, Action: Deny,
			Why: "switches off address randomisation or changes the ABI"},
	}
	why := "pages of a pool that the machine's owner set aside, which no memory limit counts; programs fall back to others"
	for _, h := range hugePages {
		t = append(t, Rule{Call: h.call, When: []Test{h.when}, Action: NoMemory, Why: why})
	}
	// Chromium asks for every flag at once, and ends unless the kernel says that
	// there is no such thing.
	known := Rule{Call: "memfd_create", Action: NoMemory, Why: why,
		When: []Test{{Arg: 1, Mask: mfdHugetlb}, {Arg: 1, Mask: mfdUnknown, In: []uint32{0}}}}
	return append(t, known)
}

// narrowed is a call with what it must not be asked for.
type narrowed struct {
	call string
	when Test
}

// hugePages is where a program asks for some. Huge pages that the kernel gives
// by itself (madvise) are ordinary memory and stay.
var hugePages = []narrowed{
	{"mmap", Test{Arg: 3, Mask: mapHugetlb}},
	{"shmget", Test{Arg: 2, Mask: shmHugetlb}},
}

// outOfBand is where flags of a message are passed.
var outOfBand = []narrowed{
	{"sendto", Test{Arg: 3, Mask: msgOOB}},
	{"sendmsg", Test{Arg: 2, Mask: msgOOB}},
	{"sendmmsg", Test{Arg: 3, Mask: msgOOB}},
}

// socketRules leave TCP, UDP, Unix sockets, and of netlink the routes, which
// programs ask for their addresses.
func socketRules() []Rule {
	only := Test{Arg: 0, In: families, Not: true}
	t := []Rule{
		{Call: "socket", When: []Test{only}, Action: NoFamily,
			Why: "only Unix, IPv4, IPv6 and netlink sockets are needed"},
		{Call: "socketpair", When: []Test{only}, Action: NoFamily, Why: "as socket"},
		{Call: "socket", Action: Deny,
			When: []Test{inet, {Arg: 1, Mask: sockTypeMask, In: []uint32{sockStream, sockDgram}, Not: true}},
			Why:  "raw packets, packet sockets by their old name (SOCK_PACKET), and rare kinds of transport"},
		{Call: "socket", Action: NoProtocol,
			When: []Test{inet, {Arg: 2, In: []uint32{0, ipprotoTCP, ipprotoUDP}, Not: true}},
			Why:  "only TCP and UDP are needed; SCTP, DCCP, MPTCP, SMC, UDP-Lite, L2TP and ping sockets have a record of bugs"},
		{Call: "socket", Action: NoProtocol,
			When: []Test{{Arg: 0, In: []uint32{afNetlink}}, {Arg: 2, In: []uint32{netlinkRoute}, Not: true}},
			Why:  "of netlink only routes and addresses are needed; packet filters, IPsec and the like have a long record of bugs"},
	}
	oob := "out-of-band data, which nothing but telnet needs (CVE-2025-38236)"
	for _, o := range outOfBand {
		t = append(t, Rule{Call: o.call, When: []Test{o.when}, Action: NoOperation, Why: oob})
	}
	return t
}

// optionRules refuse options of sockets that reach code with a record of bugs
// and that no ordinary program sets.
func optionRules() []Rule {
	option := func(why string, level []uint32, names ...uint32) Rule {
		return Rule{Call: "setsockopt", Action: NoOption, Why: why,
			When: []Test{{Arg: 1, In: level}, {Arg: 2, In: names}}}
	}
	return []Rule{
		option("runs a program of the caller's in the kernel", []uint32{solSocket},
			soAttachFilter, soAttachBPF, soAttachReuseportCBPF, soAttachReuseportEBPF),
		option("replaces the tables of packet filters (CVE-2016-4997, CVE-2021-22555)", []uint32{solIP, solIPv6}, netfilter...),
		option("protocols on top of TCP, such as TLS in the kernel (CVE-2023-0461), and forged connections", []uint32{solTCP}, tcpULP, tcpRepair),
		option("takes packets for IPsec or a tunnel", []uint32{solUDP}, udpEncap),
	}
}
