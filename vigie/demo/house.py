"""The provider of the demonstration: its teams, people, services, categories and calendars. Plain tables."""
# ruff: noqa: E501

from __future__ import annotations

WEEK = ("mon", "tue", "wed", "thu", "fri")
DAYS = (*WEEK, "sat", "sun")

PROVIDER = ("NORD", "Nord Infogérance", "Nord Infogérance SAS")

# code, French, English, level, zone
TEAMS = (
    ("n1-lille", "Centre de services Lille", "Service desk Lille", 1, "Europe/Paris"),
    ("n1-montreal", "Centre de services Montréal", "Service desk Montréal", 1, "America/Toronto"),
    ("n2-systemes", "Systèmes et postes", "Systems and devices", 2, "Europe/Paris"),
    ("n2-reseau", "Réseau et sécurité", "Network and security", 2, "Europe/Paris"),
    ("n3-applications", "Applications métier", "Business applications", 3, "Europe/Paris"),
)

# name, team, lead?, roles, clients (None = all), language, job title in its language
LILLE, MONTREAL, SYSTEMS, NETWORK, APPS = (team[0] for team in TEAMS)
AGENT = ("agent",)
STAFF: tuple[tuple[str, str, bool, tuple[str, ...], tuple[str, ...] | None, str, str], ...] = (
    ("Léa Martin", LILLE, False, AGENT, None, "fr", "Technicienne support N1"),
    ("Thomas Lambert", LILLE, True, AGENT, None, "fr", "Responsable d’équipe N1"),
    ("Camille Petit", LILLE, False, AGENT, None, "fr", "Technicienne support N1"),
    ("Mehdi Haddad", LILLE, False, AGENT, None, "fr", "Technicien support N1"),
    ("Julie Fontaine", LILLE, False, AGENT, None, "fr", "Technicienne support N1"),
    ("Maxime Leroy", LILLE, False, AGENT, None, "fr", "Technicien support N1"),
    ("Inès Bouchard", LILLE, False, AGENT, None, "fr", "Technicienne support N1"),
    ("Hugo Vasseur", LILLE, False, AGENT, ("ARTOIS", "CAPS"), "fr", "Technicien support N1"),
    ("Sarah Nguyen", LILLE, False, AGENT, None, "fr", "Technicienne support N1"),
    ("Adrien Delattre", LILLE, False, AGENT, None, "fr", "Technicien support N1"),
    ("Amandine Carlier", LILLE, False, AGENT, None, "fr", "Technicienne support N1"),
    ("Victor Dumoulin", LILLE, False, AGENT, None, "fr", "Technicien support N1"),
    ("Mathieu Bergeron", MONTREAL, True, AGENT, None, "fr", "Chef d’équipe N1"),
    ("Chloé Gagnon", MONTREAL, False, AGENT, None, "fr", "Technicienne support N1"),
    ("Ryan Campbell", MONTREAL, False, AGENT, None, "en", "Support technician"),
    ("Olivia Singh", MONTREAL, False, AGENT, None, "en", "Support technician"),
    ("Félix Côté", MONTREAL, False, AGENT, None, "fr", "Technicien support N1"),
    ("Noah Fraser", MONTREAL, False, AGENT, ("BOREAL", "HARGROVE"), "en", "Support technician"),
    ("Emily Tremblay", SYSTEMS, False, AGENT, ("BOREAL", "HARGROVE"), "en", "Systems specialist"),
    ("Nicolas Marchand", SYSTEMS, True, AGENT, None, "fr", "Ingénieur systèmes"),
    ("Élodie Perrin", SYSTEMS, False, AGENT, None, "fr", "Ingénieure systèmes"),
    ("Yann Le Goff", SYSTEMS, False, AGENT, None, "fr", "Administrateur Windows"),
    ("Fatou Diallo", SYSTEMS, False, AGENT, None, "fr", "Administratrice messagerie"),
    ("Pierre Caudron", SYSTEMS, False, AGENT, None, "fr", "Ingénieur sauvegarde"),
    ("Aurélie Blondel", SYSTEMS, False, AGENT, None, "fr", "Ingénieure postes de travail"),
    ("Guillaume Roussel", NETWORK, True, AGENT, None, "fr", "Ingénieur réseau"),
    ("Sofia Almeida", NETWORK, False, AGENT, None, "fr", "Ingénieure sécurité"),
    ("Bruno Lecomte", NETWORK, False, AGENT, None, "fr", "Technicien réseau"),
    ("Daniel Wright", NETWORK, False, AGENT, None, "en", "Network engineer"),
    ("Anaïs Riviere", NETWORK, False, AGENT, None, "fr", "Ingénieure téléphonie"),
    ("Stéphane Gaillard", APPS, True, AGENT, None, "fr", "Responsable applicatif"),
    ("Claire-Marie Aubry", APPS, False, AGENT, None, "fr", "Consultante ERP"),
    ("Rachid Mansouri", APPS, False, AGENT, None, "fr", "Analyste applicatif"),
    ("Laura Schneider", APPS, False, AGENT, None, "fr", "Consultante GED"),
    ("Kevin O’Brien", APPS, False, AGENT, None, "en", "DevOps engineer"),
    ("Karim Benali", LILLE, False, ("agent", "dispatcher"), None, "fr", "Coordinateur"),
    (
        "Nathalie Caron",
        LILLE,
        True,
        ("agent", "desk_manager"),
        None,
        "fr",
        "Responsable du centre de services",
    ),
    (
        "Sophie Lefèvre",
        "",
        False,
        ("agent", "delivery_manager"),
        ("VALMONT", "HARGROVE", "BERTHIER"),
        "fr",
        "Responsable de contrats de services",
    ),
    ("Antoine Moreau", "", False, ("agent", "administrator"), None, "fr", "Administrateur de la plateforme"),
)
MONTREAL_PEOPLE = ("Emily Tremblay", "Daniel Wright", "Kevin O’Brien")

SKILLS = (
    ("Windows", "Windows", SYSTEMS), ("Microsoft 365", "Microsoft 365", SYSTEMS), ("Sauvegarde", "Backup", SYSTEMS),
    ("Réseau local", "Local network", NETWORK), ("Pare-feu", "Firewalls", NETWORK), ("Téléphonie IP", "IP telephony", NETWORK),
    ("ERP", "ERP", APPS), ("Bases de données", "Databases", APPS), ("Accueil téléphonique", "Telephone reception", LILLE),
    ("Anglais technique", "Technical English", MONTREAL),
)  # fmt: skip

# code, French, English, description fr, description en, criticality, team, icon
SERVICES = (
    ("poste", "Poste de travail", "Workplace", "Ordinateurs, écrans, logiciels bureautiques", "Computers, screens, office software", 3, LILLE, "device-desktop"),
    ("messagerie", "Messagerie", "E-mail", "Boîtes aux lettres, calendriers, listes", "Mailboxes, calendars, lists", 2, LILLE, "mail"),
    ("collaboration", "Travail collaboratif", "Collaboration", "Réunions en ligne, espaces partagés", "Online meetings, shared spaces", 3, LILLE, "users"),
    ("comptes", "Comptes et accès", "Accounts and access", "Création de comptes, mots de passe, droits", "Accounts, passwords, rights", 2, LILLE, "key"),
    ("reseau", "Réseau des sites", "Site network", "Liaisons, commutateurs, bornes Wi-Fi", "Links, switches, Wi-Fi", 1, NETWORK, "sitemap"),
    ("acces-distant", "Accès distant", "Remote access", "VPN et télétravail", "VPN and remote work", 2, NETWORK, "world"),
    ("telephonie", "Téléphonie", "Telephony", "Postes IP, mobiles, accueil", "IP phones, mobiles, reception", 2, NETWORK, "phone"),
    ("impression", "Impression", "Printing", "Imprimantes et copieurs", "Printers and copiers", 3, LILLE, "printer"),
    ("sauvegarde", "Sauvegarde et restauration", "Backup and restore", "Sauvegarde des serveurs et des fichiers", "Backup of servers and files", 2, SYSTEMS, "database-import"),
    ("serveurs", "Hébergement et serveurs", "Hosting and servers", "Serveurs, stockage, supervision", "Servers, storage, monitoring", 1, SYSTEMS, "server"),
    ("erp", "ERP et gestion", "ERP and finance", "Achats, ventes, stocks, comptabilité", "Purchasing, sales, stock, accounting", 2, APPS, "chart-bar"),
    ("patient", "Dossier patient", "Patient record", "Dossier patient informatisé", "Electronic patient record", 1, APPS, "activity"),
    ("caisses", "Encaissement", "Tills", "Caisses et terminaux de paiement", "Tills and payment terminals", 1, APPS, "currency-euro"),
    ("documents", "Gestion documentaire", "Document management", "Dossiers, courriers, signatures", "Matters, mail, signatures", 2, APPS, "folder"),
    ("integration", "Chaîne d’intégration", "Build and delivery", "Dépôts, intégration continue, environnements", "Repositories, builds, environments", 2, APPS, "git-branch"),
)  # fmt: skip

# code, parent, French, English
CATEGORIES = (
    ("materiel", "", "Matériel", "Hardware"), ("ordinateur", "materiel", "Ordinateur", "Computer"),
    ("peripherique", "materiel", "Écran et périphériques", "Screen and peripherals"),
    ("imprimante", "materiel", "Imprimante", "Printer"), ("telephone", "materiel", "Téléphone", "Telephone"),
    ("logiciel", "", "Logiciel", "Software"), ("bureautique", "logiciel", "Bureautique", "Office software"),
    ("metier", "logiciel", "Application métier", "Business application"),
    ("installation", "logiciel", "Installation", "Installation"),
    ("acces", "", "Accès", "Access"), ("mot-de-passe", "acces", "Mot de passe", "Password"),
    ("droits", "acces", "Droits", "Rights"), ("arrivee-depart", "acces", "Arrivée ou départ", "Joiner or leaver"),
    ("reseau-cat", "", "Réseau", "Network"), ("liaison", "reseau-cat", "Liaison de site", "Site link"),
    ("wifi", "reseau-cat", "Wi-Fi", "Wi-Fi"), ("vpn", "reseau-cat", "Accès distant", "Remote access"),
    ("messages", "", "Messagerie et partage", "Mail and sharing"), ("boite", "messages", "Boîte aux lettres", "Mailbox"),
    ("partage", "messages", "Fichiers partagés", "Shared files"), ("reunion", "messages", "Réunion en ligne", "Online meeting"),
    ("serveur", "", "Serveurs et données", "Servers and data"), ("restauration", "serveur", "Restauration", "Restore"),
    ("performance", "serveur", "Lenteur ou panne", "Slowness or outage"),
    ("securite", "", "Sécurité", "Security"), ("hameconnage", "securite", "Message suspect", "Suspicious message"),
    ("antivirus", "securite", "Alerte de protection", "Protection alert"),
    ("conseil", "", "Conseil et information", "Advice and information"),
)  # fmt: skip

# code, French, English, definition
CALENDARS = (
    ("k8-18", "Jours ouvrés 8 h – 18 h", "Working days 8:00–18:00",
     {"code": "8-18", "timezone": "Europe/Paris", "hours": {d: [["08:00", "18:00"]] for d in WEEK}, "holiday_sets": ["FR"]}),
    ("k7-19", "Lundi au samedi 7 h – 19 h", "Monday to Saturday 7:00–19:00",
     {"code": "7-19", "timezone": "Europe/Paris", "hours": {d: [["07:00", "19:00"]] for d in DAYS[:6]}, "holiday_sets": ["FR"]}),
    ("k24x7", "Jour et nuit, 7 jours sur 7", "Day and night, every day",
     {"code": "24x7", "timezone": "Europe/Paris", "hours": {d: [["00:00", "24:00"]] for d in DAYS}}),
    ("quebec", "Québec, jours ouvrables 8 h – 17 h", "Québec, business days 8:00–17:00",
     {"code": "quebec", "timezone": "America/Toronto", "hours": {d: [["08:00", "17:00"]] for d in WEEK}, "holiday_sets": ["CA-QC"]}),
    ("suivi-du-soleil", "Suivi du soleil Paris – Montréal", "Follow the sun Paris – Montréal",
     {"code": "suivi-du-soleil", "timezone": "Europe/Paris", "union": [
         {"code": "paris", "timezone": "Europe/Paris", "hours": {d: [["08:00", "18:00"]] for d in WEEK}, "holiday_sets": ["FR"]},
         {"code": "montreal", "timezone": "America/Toronto", "hours": {d: [["08:00", "18:00"]] for d in WEEK}, "holiday_sets": ["CA-QC"]},
     ]}),
)  # fmt: skip
