#compdef abode
# Completion of abode for zsh: put it as _abode into a folder of fpath, or source it after compinit.
_abode() {
  local -a lines described
  local each
  lines=("${(@f)$("$words[1]" completion suggest -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for each in $lines; do
    [[ -n $each ]] && described+=("${${each%%$'\t'*}//:/\\:}:${each#*$'\t'}")
  done
  if (( $#described )); then
    _describe -V abode described
  else
    _files
  fi
}
if [ "$funcstack[1]" = _abode ]; then
  _abode "$@"
else
  compdef _abode abode
fi
