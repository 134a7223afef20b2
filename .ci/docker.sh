# A Docker daemon for the test that runs functions with `sam local invoke`. Source it.

docker_directory=
docker_process=

# Starts a daemon of its own with the image that functions run in, unless a daemon answers already.
# Fails, with the reason told, where that cannot be done.
provide_docker() {
  docker info >/dev/null 2>&1 && return
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "no Docker daemon answers, and starting one takes root on Debian" >&2
    return 1
  fi
  if _install_docker && _start_docker && _import_base_image; then
    return
  fi
  stop_docker
  return 1
}

# Stops the daemon that provide_docker started and removes everything it wrote.
stop_docker() {
  if [ -n "$docker_process" ]; then
    kill "$docker_process" 2>/dev/null
    wait "$docker_process"
    docker_process=
    unset DOCKER_HOST
  fi
  if [ -n "$docker_directory" ]; then
    rm -rf "$docker_directory"
    docker_directory=
  fi
} 2>/dev/null

_install_docker() {
  local missing=()
  command -v dockerd >/dev/null && command -v docker >/dev/null || missing+=(docker.io)
  command -v busybox >/dev/null || missing+=(busybox-static)
  [ "${#missing[@]}" = 0 ] && return
  apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Its containers need no network but a port on this machine, so it leaves the firewall alone.
_start_docker() {
  docker_directory=$(mktemp -d /tmp/miyabi-docker.XXXXXX) || return
  export DOCKER_HOST="unix://$docker_directory/socket"
  dockerd --host "$DOCKER_HOST" --pidfile "$docker_directory/pid" --iptables=false --ip6tables=false \
    --data-root "$docker_directory/data" --exec-root "$docker_directory/exec" \
    >"$docker_directory/log" 2>&1 &
  docker_process=$!
  local tries=0
  until docker info >/dev/null 2>&1; do
    if ! kill -0 "$docker_process" 2>/dev/null || [ "$tries" -ge 120 ]; then
      echo "no Docker daemon answers, and one does not start here:" >&2
      tail -5 "$docker_directory/log" >&2
      return 1
    fi
    sleep 0.5
    tries=$((tries + 1))
  done
}

# The least that functions run in. Made of this machine's own files, it takes no registry and has the C
# library that the functions were linked to. The shell, mv and chmod are for SAM, which adds its emulator.
_import_base_image() {
  local root="$docker_directory/root" image=public.ecr.aws/lambda/provided machine loader program
  machine=$(uname -m)
  loader=$(ldd /bin/sh | grep -o '/[^ ]*/ld-linux[^ ]*')
  mkdir -p "$root"/{bin,etc,tmp,opt,var/task,var/runtime} || return
  cp "$(command -v busybox)" "$root/bin/busybox" || return
  for program in sh mv chmod; do
    ln -s busybox "$root/bin/$program" || return
  done
  echo 'root:x:0:0:root:/:/bin/sh' >"$root/etc/passwd"
  cp -L --parents "$loader" /etc/ssl/certs/ca-certificates.crt \
    "/lib/$machine-linux-gnu"/lib{c.so.6,m.so.6,gcc_s.so.1,resolv.so.2,nss_dns.so.2,nss_files.so.2} \
    "$root" || return
  tar -C "$root" -c . | docker import - "$image:al2023" >/dev/null || return
  case $machine in
    aarch64) docker tag "$image:al2023" "$image:al2023-arm64" ;;
    *) docker tag "$image:al2023" "$image:al2023-$machine" ;;
  esac
}
