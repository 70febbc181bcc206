#!/bin/bash
# Boots systemd with the operator's unit, in namespaces of its own and on a copy of this machine that lives in memory.
# boot.sh FOLDER: it holds madoguchi, madoguchi.service, site/ and smtp-password; what the service is seen to do goes to FOLDER/told.
# Exit code 0: it has booted; any other: this machine does not let one boot, and nothing is known of the unit.
set -eu
given=$(realpath "$1")
if [[ ${2:-} != inside ]]; then
    unshare --fork --pid --kill-child --mount --uts --ipc --net bash "$0" "$given" inside &
    boot=$!
    for _ in {1..600}; do
        if [[ -e $given/told ]] || ! kill -0 "$boot" 2>/dev/null; then break; fi
        sleep 0.1
    done
    kill -KILL "$boot" 2>/dev/null || true
    [[ -e $given/told ]]
    exit
fi

memory=$(mktemp -d)
mount -t tmpfs tmpfs "$memory"
mkdir "$memory"/{upper,work,machine}
mount -t overlay overlay -o "lowerdir=/,upperdir=$memory/upper,workdir=$memory/work" "$memory/machine"
root=$memory/machine

# As the manual has it.
chroot "$root" useradd --system --no-create-home madoguchi
install -m 755 "$given/madoguchi" "$root/usr/local/bin/madoguchi"
mkdir -p "$root"/{srv,etc/madoguchi,told}
cp -r "$given/site" "$root/srv/madoguchi"
install -m 600 "$given/smtp-password" "$root/etc/madoguchi/smtp-password"
cp "$given/madoguchi.service" "$root/etc/systemd/system/madoguchi.service"

# Nothing else of a boot is needed, and what tidies up or mounts must not run.
for unit in systemd-{tmpfiles-setup,tmpfiles-setup-dev,udevd,udev-trigger,remount-fs,random-seed,sysctl,modules-load,sysusers,journal-flush}.service \
    systemd-tmpfiles-clean.timer network-online.target postgresql.service local-fs.target swap.target \
    sys-kernel-{debug,tracing,config}.mount dev-{hugepages,mqueue}.mount; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
printf '[Unit]\nWants=madoguchi.service look.service\n' > "$root/etc/systemd/system/try.target"
printf '[Unit]\nDefaultDependencies=no\nAfter=madoguchi.service\n[Service]\nType=oneshot\nExecStart=/bin/bash /look.sh\n' > "$root/etc/systemd/system/look.service"
cat > "$root/look.sh" <<'LOOK'
exec > /told/told.part 2>&1
ready() {
    for _ in {1..100}; do
        [[ $(curl --silent --output /dev/null --write-out '%{http_code}' http://127.0.0.1:8025/readyz) == 200 ]] && return
        sleep 0.1
    done
    return 1
}
ip link set lo up
ready && echo "ready"
pid=$(systemctl show madoguchi --property MainPID --value)
echo "user $(stat --format %U "/proc/$pid")"
awk '/^Seccomp:|^NoNewPrivs:/ { print tolower($1), $2 }' "/proc/$pid/status"
awk '/^Max core file size/ { print "core:", $5, $6 }' "/proc/$pid/limits"
systemctl kill --signal=KILL madoguchi
sleep 0.5
ready && echo "ready again after $(systemctl show madoguchi --property NRestarts --value) restart"
began=$(date +%s%N)
systemctl stop madoguchi
echo "stopped: $(systemctl show madoguchi --property Result --value)"
(( ($(date +%s%N) - began) / 1000000 < 10000 )) && echo "within 10 s"
find /var/lib/madoguchi -printf '%f %U %m\n' | sed "s/ $(id --user madoguchi) / its own /" | sort
journalctl --unit madoguchi --no-pager --output cat
mv /told/told.part /told/told
LOOK

mount --bind "$given" "$root/told"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
for folder in run tmp var/log; do mount -t tmpfs tmpfs "$root/$folder"; done
# Credentials reach a service through mounts that spread.
mount --make-rshared /
exec chroot "$root" /usr/bin/env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=try.target --log-target=null --show-status=0
