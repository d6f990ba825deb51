# Completion of abode for fish: abode completion fish >~/.config/fish/completions/abode.fish
function __abode_suggest
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l found ($words[1] completion suggest -- $words[2..-1] "$typed" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path "$typed"
    end
end
complete -c abode -f -k -a '(__abode_suggest)'
