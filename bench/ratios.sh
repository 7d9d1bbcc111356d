# shellcheck shell=bash
# Sourced by bench/run and bench/lab: times of commands in $W/t, and ratios of their medians.
TIMEFORMAT='%R %U %S'

# timed NAME COMMAND…: appends "wall cpu" to $W/t/NAME.
timed() {
  local name=$1 t
  shift
  t=$( { time "$@" >"$W/last.out" 2>&1; } 2>&1 )
  echo "$t" | awk '{ print $1, $2 + $3 }' >>"$W/t/$name"
}
# median NAME COLUMN
median() { sort -n -k"$2,$2" "$W/t/$1" | awk -v c="$2" '{ v[NR] = $c } END { print (NR % 2) ? v[(NR+1)/2] : (v[NR/2] + v[NR/2+1]) / 2 }'; }
# ratio LABEL NAME NAME TARGET: wall and CPU of the first over the second.
ratio() {
  awk -v l="$1" -v t="$4" -v aw="$(median "$2" 1)" -v ac="$(median "$2" 2)" -v bw="$(median "$3" 1)" -v bc="$(median "$3" 2)" \
    'BEGIN { printf "  %-46s wall %.3f  cpu %.3f   (target %s; %.3f s over %.3f s)\n", l, aw/bw, ac/bc, t, aw, bw }'
}
