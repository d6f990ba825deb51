# Completion of abode for bash: source <(abode completion bash)
_abode() {
  local line=${COMP_LINE:0:COMP_POINT} word prefix
  local -a words lines
  # COMP_WORDS is cut at colons, which names of images contain.
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  word=${words[${#words[@]} - 1]}
  mapfile -t lines < <("${words[0]}" completion suggest -- "${words[@]:1}" 2>/dev/null)
  prefix=
  [[ $word == *:* ]] && prefix=${word%"${word##*:}"}
  COMPREPLY=()
  local each
  for each in "${lines[@]}"; do
    each=${each%%$'\t'*}
    COMPREPLY+=("${each#"$prefix"}")
  done
}
complete -o default -F _abode abode
