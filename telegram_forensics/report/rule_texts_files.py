"""Ukrainian for what the rules say of files, names, journals and SIMs.

The form is that of `rule_texts`, which looks them up.
"""

from __future__ import annotations

from typing import Final

CONSTANT: Final = {
    (
        "the files were made under their own names; the client, since version 1.9.17, "
        "makes them under temporary names and renames them"
    ): (
        "файли створено під їхніми власними назвами; клієнт від версії 1.9.17 створює "
        "їх під тимчасовими назвами й перейменовує"
    ),
    "they were last modified before they were created, as copies are": (
        "востаннє змінені до свого створення, як буває в копій"
    ),
    "$FILE_NAME, whose times programs cannot set, has the same times of creation": (
        "$FILE_NAME, час якого програми не можуть установити, має той самий час "
        "створення"
    ),
    (
        "$FILE_NAME has later times of creation: the files came to the folder with "
        "older times"
    ): (
        "$FILE_NAME має пізніший час створення: файли потрапили до папки зі старішим "
        "часом"
    ),
    (
        "no other folder with files of these names is known on this image: it may be "
        "the only place of this data set, whatever made it"
    ): (
        "іншої папки з файлами таких назв на цьому образі не знайдено: це може бути "
        "єдине місце цього набору даних, хоч би що його створило"
    ),
    "a backup program or a synchronization service made the copy": (
        "копію зробила програма резервного копіювання або служба синхронізації"
    ),
    "a reinstallation, an update or a restored backup put the files there": (
        "файли туди поклали перевстановлення, оновлення або відновлена резервна копія"
    ),
    "a client before version 1.9.17 made the files itself": (
        "файли створив сам клієнт до версії 1.9.17"
    ),
    "a program set the times of the files": "час файлів установила програма",
    (
        "the logs of backup and synchronization programs, and removable devices of "
        "that time"
    ): (
        "журнали програм резервного копіювання та синхронізації, знімні пристрої "
        "того часу"
    ),
    "the archive holds something else: its name says nothing of its content": (
        "архів містить щось інше: його назва нічого не каже про вміст"
    ),
    "the owner's own backup": "власна резервна копія власника",
    "the archive itself, and where it was brought to": (
        "сам архів і місце, куди його перенесли"
    ),
    (
        "the owner, or a program that shows files, opened the folder without copying "
        "anything"
    ): ("папку відкрив власник або програма, що показує файли, нічого не копіюючи"),
    "other records of that user and that time": (
        "інші записи про цього користувача й цей час"
    ),
    "the number is what the card or the user gave to the telephone": (
        "номер — це те, що телефону повідомили картка або користувач"
    ),
    "the SIM was in another telephone at the time": (
        "SIM-картка тоді була в іншому телефоні"
    ),
    "the operator's records of the SIM, its number and its devices": (
        "записи оператора про SIM-картку, її номер і пристрої"
    ),
}

PATTERNS: Final = (
    (
        r"Files of a tdata folder came to (?P<folder>.+) on (?P<image>.+) within "
        r"(?P<n>\d+) seconds: (?P<names>[\w, ]+)\.",
        "Файли папки tdata з’явилися в {folder} на {image} протягом кількох секунд "
        "({n}): {names}.",
    ),
    (
        r"another folder has files of these names: (?P<folder>.+)",
        "файли таких назв має інша папка: {folder}",
    ),
    (
        r"a removable device or mount point within an hour: (?P<name>.+), "
        r"(?:(?P<is_first>first connected)|(?P<is_connected>connected)|"
        r"(?P<is_removed>removed)|(?P<is_mount>mount point used)) (?P<time>\S+)",
        "знімний пристрій або точка під’єднання в межах години: {name}"
        "[, уперше під’єднано{is_first}][, під’єднано{is_connected}]"
        "[, від’єднано{is_removed}][, використано точку під’єднання{is_mount}] "
        "{time}",
    ),
    (
        r"(?P<name>.+): (?:(?P<is_first>first connected)|"
        r"(?P<is_connected>connected)|(?P<is_removed>removed)|"
        r"(?P<is_mount>mount point used))",
        "{name}[: уперше під’єднано{is_first}][: під’єднано{is_connected}]"
        "[: від’єднано{is_removed}][: використано точку під’єднання{is_mount}]",
    ),
    (
        r"(?P<name>\w+): created (?P<time>\S+) \(change journal\)",
        "{name}: створено {time} (журнал змін)",
    ),
    (
        r"(?P<name>\w+): created (?P<time>[^\s,]+)(?:, modified "
        r"(?P<modified>[^\s,]+))?(?:, \$FILE_NAME created (?P<entry>[^\s,]+))?"
        r"(?P<is_deleted> \(deleted\))?",
        "{name}: створено {time}[, змінено {modified}][, створено за $FILE_NAME "
        "{entry}][ (видалено{is_deleted})]",
    ),
    (
        r"An archive whose name tells of tdata is recorded on (?P<image>.+?): "
        r"(?P<name>.+)\.",
        "На {image} є запис про архів, назва якого вказує на tdata: {name}.",
    ),
    (
        r"A tdata folder is in a list of used items on (?P<image>.+?): "
        r"(?P<name>.+)\.",
        "Папка tdata є у списку використаних елементів на {image}: {name}.",
    ),
    (
        r"A change journal of (?P<image>.+) begins at (?P<first>\S+) and ends at "
        r"(?P<last>\S+): of copies made before or after that it says nothing\.",
        "Журнал змін {image} починається {first} і закінчується {last}: про копії, "
        "зроблені раніше чи пізніше, він нічого не каже.",
    ),
    (r"(?P<n>\d+) records", "записів: {n}"),
    (
        r"A SIM is known to (?P<image>.+?)(?:: (?:ICCID (?P<icc>[^,]+))?(?:, )?"
        r"(?:number (?P<number>[^,]+))?(?:, )?(?:carrier (?P<carrier>.+))?)?\.",
        "{image} знає SIM-картку[, ICCID {icc}][, номер {number}]"
        "[, оператор {carrier}].",
    ),
    (
        r"SIM record(?: \((?P<state>\w+)\))?(?P<is_out>, not inserted)?"
        r"(?:, slot (?P<slot>\d+))?(?P<is_used>, with the time of its last use)?",
        "запис про SIM-картку[ ({state})][, не вставлена{is_out}][, гніздо {slot}]"
        "[, з часом останнього використання{is_used}]",
    ),
    (
        r"(?P<name>created|deleted|renamed (?:from|to) this name) \(journal\): "
        r"(?P<time>\S+)",
        "{name} (журнал): {time}",
    ),
    (
        r"(?P<name>file|file entry \(\$MFT\)|deleted file entry \(\$MFT\)|"
        r"shortcut|shell item|recent items|opened folders|jump list)"
        r"(?:: (?P<time>\S+))?",
        "{name}[: {time}]",
    ),
)
