"""Names by community for `person_set.py`: spellings of one name, and what its bearers are called.

One name a word: spellings parted by strokes, then after `>` short and pet names parted by commas.
An underscore stands for a space. They were gathered without looking at `people.matching`, so
that a set made of them shows what the search does not know.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Community:
    """The names of one community, and how common it is in the set."""

    share: int
    boys: str
    girls: str
    families: str
    habit: str = ""  # a way of building names that `person_set.py` knows


COMMUNITIES = (
    Community(
        share=20,
        habit="pakistani",
        boys="""
        Zubair/Zubayr/Zubaer Waqas/Waqqas Shahid/Shaheed Imran/Emran/Imraan Nadeem/Nadim
        Rizwan/Rizvan/Ridwan Sajid/Sajjid Tahir/Taher/Taahir Arslan/Arsalan Hamza/Hamzah/Hamzza
        Huzaifa/Hudhayfah/Huzaifah Talha/Talhah Zeeshan/Zishan/Zeshan>Shani Faizan/Fayzan
        Junaid/Junayd/Juned Saqib/Saaqib/Sakib Yasir/Yaser/Yassir Naveed/Navid Tayyab/Tayab/Taieb
        Ubaid/Obaid/Ubayd Qasim/Kasim/Qaasim/Cassim Aqeel/Aqil/Akeel Shafiq/Shafeeq/Shafique
        Mubashir/Mobashir/Mubasher Zulfiqar/Zulfikar/Zulfqar>Zulfi Iftikhar/Eftikhar>Ifti
        Murtaza/Murtada Haider/Haydar/Hyder Aftab/Aftaab Khurram/Khuram Shehzad/Shahzad/Shehzaad
        Ehsan/Ihsan/Ahsan Asim/Aasim/Assim Bashar/Basher Luqman/Lukman/Luqmaan Idrees/Idris/Edris
        Zakariya/Zakaria/Zakariyya>Zak Sulaiman/Sulayman/Soleman>Sully
        """,
        girls="""
        Sumera/Sumaira/Sumayra Nazia/Naziya/Nazeea Rukhsana/Ruksana/Rukhsanah Shabana/Shabnam
        Farzana/Farzanah Mehwish/Mahwish/Mehvish Aneesa/Anisa/Aneesah Humaira/Humayra/Humera
        Maheen/Mahin Zara/Zahraa/Zaara Inaya/Inayah/Enaya Eshal/Ishal Hooriya/Huriya/Hooria
        Alina/Aleena/Aalina Arooj/Aruj/Urooj Saima/Saimah/Sayma Tahira/Tahirah/Taheera
        Nasreen/Nasrin/Nasrine Shaista/Shayista Ghazala/Gazala Uzma/Ozma Bushra/Bushrah
        Kulsoom/Kulsum/Kalsoom Zubaida/Zubeda/Zubaidah Mumtaz/Momtaz Rehana/Rihana/Rehanna
        Tayyaba/Tayyiba/Taiba Sidra/Sidrah Javeria/Juwairiya/Jawairia Warda/Wardah Minahil/Menahil
        Areeba/Ariba/Areebah Fareeha/Fariha Sobia/Sobiya Faiza/Faizah/Fayza
        """,
        families="""
        Mirza/Meerza Chishti/Chisti Bukhari/Bokhari/Bukharee Gilani/Jilani/Geelani Kiani/Kayani
        Awan/Awaan Rana/Raana Bhatti/Bhattee Lodhi/Lodi Ansari/Ansaree Farooqi/Farooqui/Faruqi
        Hashmi/Hashimi/Hashmee Jamil/Jameel Latif/Lateef/Lateif Mahmud/Mehmood Naqvi/Naqwi
        Rafiq/Rafique/Rafeeq Rashid/Rasheed/Rashed Sadiq/Sadik/Sadique Sarwar/Sarvar Tariqi/Taariqi
        Usmani/Osmani/Uthmani Yousafzai/Yusufzai Zafar/Zaffar Abbasi/Abassi Durrani/Durani
        Gondal/Gondul Kazmi/Kazimi Khokhar/Khokar/Kokhar Memon/Memmon Nisar/Nissar Qazi/Kazi/Qadi
        Rizvi/Rizwi Saddique/Sadeeq Tufail/Tufayl Wahid/Waheed Younis/Yunis/Younus Zia/Ziya
        Arshad/Arshid Majeed/Majid Shafi/Shaffi
        """,
    ),
    Community(
        share=12,
        habit="sikh",
        boys="""
        Gurvinder/Gurwinder>Gurv Hardeep/Hardip>Hardy Inderjit/Inderjeet>Indy Kuldeep/Kuldip>Kully
        Lakhvir/Lakhveer Mandeep/Mandip>Mandy Paramjit/Parmjit/Paramjeet>Pammi
        Ravinder/Ravindar>Ravi Surinder/Surindar>Shindi Tejinder/Tajinder>Tej Harman/Hermann
        Ajit/Ajeet Baljit/Baljeet/Baljith>Bal Charanjit/Charnjit Davinder/Devinder/Davindar>Dev
        Fateh/Fatehh Gagandeep/Gagandip>Gagan Hargobind/Hargovind Jatinder/Jitender>Jati
        Jujhar/Jujar Kirpal/Kirpaal Lovepreet/Lovprit>Lovey Nirmal/Nirmaal Onkar/Omkar
        Pavandeep/Pawandeep/Pawandip>Pav Rupinder/Roopinder>Rup Sahib/Saheb Taran/Tarun
        Zorawar/Joravar Angad/Anghad Yuvraj/Yuvraaj>Yuvi
        """,
        girls="""
        Amandeep/Amandip>Aman Bhupinder/Bhupindar/Bupinder Daljit/Daljeet Gurleen/Gurlin
        Hardev/Hardav Ishleen/Ishlin Jasleen/Jaslin/Jasleene>Jassy Kamaljit/Kamaljeet>Kamal
        Kiranjit/Kiranjeet>Kiran Komal/Komaal Mehar/Meher/Mehr Mohinder/Mahinder Navneet/Navnit
        Prabhleen/Prableen Rajvir/Rajveer>Raj Ramandeep/Ramandip>Raman Sandeep/Sandip
        Sarbjit/Sarabjit/Sarbjeet>Sarb Seerat/Sirat Tanveer/Tanvir Upinder/Opinder Veerpal/Virpal
        Anmol/Unmol Ravneet/Ravnit Jasmeen/Jasmine Harsimran/Harsimrat>Simmi Eknoor/Eknur Asees/Asis
        Manjit/Manjeet>Manj Gurjit/Gurjeet
        """,
        families="""
        Aujla/Ojla/Aujhla Bhogal/Bogal Brar/Braar Chatha/Chattha Cheema/Cheima/Chima
        Dhaliwal/Dhariwal Dosanjh/Dosanj Garcha/Garchha Hundal/Hundle Jassal/Jassel Kang/Kaang
        Khaira/Khehra/Kaira Lally/Lalli Matharu/Matharoo Nagra/Naagra Padda/Pada Panesar/Panesur
        Purewal/Poorewal Rai/Ray Sangha/Sanghera Sekhon/Sekon Sohal/Sohaal Thandi/Thandy Toor/Tur
        Uppal/Upple Wahla/Vahla Bhandal/Bhandel Chana/Channa Deol/Dheol Gosal/Goshal Kalsi/Kalsy
        Mahal/Mahil
        """,
    ),
    Community(
        share=9,
        boys="""
        Advik/Adwik/Advick Bhavesh/Bavesh Chirag/Chiraag Dhruv/Dhruve/Druv Harish/Hareesh
        Jayesh/Jaiesh Ketan/Khetan Lalit/Laleet Manoj/Manouj Nikhil/Nickil Parth/Paarth Rohan/Rohaan
        Sachin/Sacheen Tejas/Tejus Uday/Udai Varun/Waroon/Varoon Yash/Yesh Ashok/Asok
        Devansh/Dewansh Gopal/Gopaal Hitesh/Hiteish Jignesh/Jigneesh Kunal/Kunaal Mahesh/Maheish
        Naveen/Navin Pranav/Pranaw Rajesh/Rajeish>Raj Siddharth/Sidharth>Sid
        Venkatesh/Venkatesan/Wenkatesh>Venkat Subramaniam/Subramanian/Subrahmanyam>Subbu,Mani
        Balakrishnan/Balakrishna>Bala Senthil/Senthill Arvind/Aravind/Arwind Prakash/Prakaash
        """,
        girls="""
        Aishwarya/Aiswarya/Ishwarya>Aishu Anjali/Anjalee/Unjali Bhavna/Bhavana Chandni/Chaandni
        Deepika/Dipika>Deepu Divya/Dhivya Gayatri/Gayathri Hetal/Hetul Indira/Endira Jyoti/Jyothi
        Khushi/Kushi Lalitha/Lalita Madhuri/Madhoori>Madhu Nandini/Nandhini Padma/Padhma
        Radhika/Radika Sarita/Saritha Swati/Swathi Trisha/Treesha Urvashi/Urwashi
        Vaishnavi/Vaishnawi/Waishnavi Yamini/Yaminee Ananya/Annanya Ishita/Eshita Kiara/Kyara
        Myra/Maira Navya/Navia Riya/Ria/Rhea Shivani/Shivaani Tanvi/Tanwi Vidya/Vidhya
        """,
        families="""
        Agarwal/Aggarwal/Agrawal Banerjee/Bannerjee/Banerji Bose/Basu Chopra/Chopraa
        Dasgupta/Das_Gupta Deshmukh/Deshmuk Ganguly/Ganguli Gandhi/Ghandi Jain/Jhain Kapoor/Kapur
        Khanna/Kanna Mehta/Metha Menon/Mennon Mistry/Mistri Modi/Modhi Mukherjee/Mookerjee/Mukerji
        Naidu/Naydu Pandya/Pandia Pillai/Pillay/Pilai Prasad/Prasaad Rathod/Rathore Shetty/Shetti
        Solanki/Solanky Srinivasan/Sreenivasan Subramanian/Subramaniam Thakkar/Thakker/Thacker
        Trivedi/Trivedy Varma/Verma/Warma Vyas/Viyas Ramachandran/Ramchandran
        Krishnamurthy/Krishnamurti
        """,
    ),
    Community(
        share=12,
        habit="polish",
        boys="""
        Adam>Adas Adrian>Adi Arkadiusz>Arek Błażej>Blazejek Damian Dariusz>Darek Dawid>Dawidek
        Dominik>Domino Fabian Gustaw>Gucio Hubert Igor Ireneusz>Irek Jarosław>Jarek Kamil
        Karol>Lolek Leon Łucjan Marek Mariusz Michal/Michał>Misiek Mirosław>Mirek Oskar Patryk
        Przemysław>Przemek Radosław>Radek Rafał Ryszard>Rysiek Sebastian>Seba Sławomir>Slawek
        Tadeusz>Tadek Tymon Wiesław>Wiesiek Witold>Witek Wiktor Zdzisław>Zdzisiek Kazimierz>Kazik
        Bogusław>Bogus
        """,
        girls="""
        Alicja>Ala Aneta Antonina>Tosia Beata Bożena Celina Danuta>Danka Dominika Emilia>Emilka
        Gabriela>Gabi Grażyna>Grazka Halina>Halinka Helena Izabela>Iza Jagoda Justyna Kamila Kinga
        Klaudia Lena Lidia Liliana Łucja Marlena Marta Milena Monika Nikola Oliwia Pola Renata
        Sylwia Teresa>Teresia Urszula>Ula Weronika>Wera Wanda Zuzanna>Zuzia Bronisława>Bronia
        Jadwiga>Jadzia Stanisława>Stasia Genowefa>Genia
        """,
        families="""
        Adamski Baran Bąk Borkowski Chmielewski Czarnecki Duda Dudek Gajewski Głowacki Górski
        Jabłoński Jasiński Jaworski Kaczmarek Kalinowski Kołodziej Kubiak Laskowski Lis Maciejewski
        Majewski Malinowski Marciniak Mazur Mróz Nowicki Olszewski Ostrowski Pawłowski Pietrzak
        Przybylski Rutkowski Sadowski Sikora Sobczak Sokołowski Szewczyk Szczepański Tomaszewski
        Urbański Walczak Wasilewski Wieczorek Wilk Witkowski Włodarczyk Wróbel Wróblewski Zakrzewski
        Zawadzki Ziółkowski Brzęczyszczykiewicz Krzyżanowski Świątek Żak
        """,
    ),
    Community(
        share=8,
        habit="somali",
        boys="""
        Abshir/Absher Abukar/Abuukar Awale/Awaale Barre/Barreh Bashiir/Basheer Cilmi/Elmi/Ilmi
        Cismaan/Ismaan Daahir/Dahir Deeq/Dek Dirie/Diriye Faarax/Farhan/Farxaan Geedi/Gedi
        Hirsi/Xirsi/Hersi Jaamac/Jama/Jamaa Keynaan/Keynan/Kaynan Kulmiye/Kulmie Mahad/Maxad
        Mukhtaar/Mukhtar Muuse/Muse Nuurre/Nure Qaasim/Kassim Roble/Rooble Saalax/Salah Saciid/Saeid
        Samatar/Samater Siciid/Siid Shire/Shirre Sugulle/Sugule Tahliil/Tahlil Xamse/Hamse/Hamze
        Xuseen/Husseen Yuusuf/Yusuf/Yosuf Zakariye/Sakariye Cali/Aly
        """,
        girls="""
        Amiina/Aamina/Amina Anab/Canab Asli/Asly Ayaan/Ayan Barni/Barny Bilan/Bilaan Carfoon/Arfon
        Deeqa/Deqa Dhuuxo/Dhuho Faiza/Faysa Filsan/Filsaan Habiba/Xabiibo/Habibo Hibaaq/Hibaq/Hibak
        Hinda/Hindo Idil/Edil Ilhaan/Ilhan/Ilham Istahil/Istaahil Jamila/Jamiilo Kaltun/Kaltuun
        Khayra/Kheyra Ladan/Laadan Leyla/Laylo Luul/Lul Magool/Magol Muna/Muuna Naciima/Naima
        Nasteexo/Nasteho/Nasteha Raxma/Rahma Ruun/Run Saado/Sado Sahra/Zahro Samsam/Zamzam
        Suleekha/Zuleikha/Suleqa Suxuur/Suhur Yurub/Yuurub Xaawo/Hawo/Hawa Xamdi/Hamdi Cawo/Awo
        """,
        families="""
        Adan/Aadan/Aden Aadam/Adam Abshir/Absher Awil/Cawil Ayanle/Ayaanle Barkhad/Barkad Cige/Ige
        Cumar/Oumar Dualeh/Ducaale/Duale Egal/Cigaal Gaas/Gas Geele/Guelleh Haji/Xaaji Hirsi/Xirsi
        Jaamac/Jama Kaahin/Kahin Madar/Mader Mire/Mirre Muuse/Muse Nuur/Nor Osman/Cusmaan/Cismaan
        Qaalib/Ghalib Rage/Raage Samatar/Samater Shire/Shirre Sheekh/Sheik Ugaas/Ugas Warfa/Warfaa
        Weheliye/Wehliye Yuusuf/Yusuf Cabdulle/Abdulle Cilmi/Elmi
        """,
    ),
    Community(
        share=9,
        habit="arab",
        boys="""
        Abdulaziz/Abdelaziz/Abd_al-Aziz>Aziz Abdulkarim/Abdelkarim/Abdul_Kareem>Karim Adnan/Adnane
        Anwar/Anouar Ayoub/Ayyub/Ayub Bassam/Basam Dawood/Daoud/Dawud Fadi/Fady Farid/Fareed
        Ghassan/Gassan Hadi/Hady Haitham/Haythem/Hathem Hamid/Hameed/Hamed Hisham/Hicham/Hesham
        Imad/Emad Jamal/Gamal/Djamal Jibril/Gibril/Jibreel Karim/Kareem Lotfi/Lutfi Mahdi/Mehdi
        Majd/Magd Marwan/Marouane Mazen/Mazin Mounir/Munir/Muneer Nabil/Nabeel Osama/Usama/Oussama
        Qusai/Kusay Rafiq/Rafik Rami/Ramy Rashad/Rachad Samir/Sameer Sharif/Cherif/Sherif
        Suhail/Souhail/Suhayl Taha/Taaha Wael/Wail Wissam/Wisam Yaqub/Yacoub/Yakoub Zaki/Zakki
        Ziad/Ziyad/Zeyad
        """,
        girls="""
        Abir/Abeer Amani/Amany Asil/Aseel Batoul/Batool Dalia/Dalya Dina/Deena Eman/Iman/Imane
        Farida/Fareeda Ghada/Ghadah Hadil/Hadeel Hayat/Hayatt Hiba/Heba Houda/Hudaa Ibtisam/Ebtisam
        Jumana/Joumana Khawla/Khaoula Lamia/Lamya Loubna/Lubna Malak/Malek Manal/Manel Marwa/Maroua
        Mouna/Muna Nadine/Nadeen Nahla/Nehla Najwa/Nagwa Nawal/Naoual Nisrin/Nesreen Rasha/Racha
        Reem/Rim/Rym Rowaida/Ruwayda Sahar/Saher Samira/Sameera Sawsan/Saousen Shaimaa/Chaima/Shayma
        Siham/Seham Souad/Suad Thuraya/Soraya/Thoraya Wafa/Ouafa Widad/Wedad Zineb/Zaynab/Zeinab
        """,
        families="""
        Abboud/Aboud Aboulela/Abu_El-Ela Al-Bayati/Albayati Al-Dulaimi/Aldulaimi
        Al-Hakim/El-Hakim/Alhakeem Al-Jubouri/Aljabouri/Al-Juburi Al-Khatib/Khatib/El_Khatib
        Al-Najjar/Najar/Alnajjar Al-Rashid/Arrashid/Al-Rasheed Al-Sayed/El-Sayed/Elsayed
        Al-Tamimi/Altamimi/Tamimi Aziz/Azeez Belkacem/Belqasim Benali/Ben_Ali Boutros/Butrus
        Chaouki/Shawqi Fayyad/Fayad Ghanem/Ghanim Habib/Habeeb Hamdan/Hemdan Hariri/Hareeri
        Ismaeil/Ismaiel Jabbar/Djabbar Kassem/Qassem/Qasem Khalil/Khaleel Khoury/Khouri/Huri
        Mahfouz/Mahfuz Mustapha/Mostafa Naguib/Najib/Najeeb Othmani/Outhmani Qaddoura/Kaddoura
        Ramadan/Ramadhan Sabbagh/Sabag Salem/Salim/Saleem Shaheen/Chahine/Shahin
        Tawfiq/Toufik/Tawfeek Yassin/Yaseen/Yasin Zidane/Zeidan Zoubi/Zubi
        """,
    ),
    Community(
        share=8,
        boys="""
        Adewale/Adewaale>Wale Ayomide/Ayomidey>Ayo Babajide/Babajidey>Jide Chinedu/Chinedum>Nedu
        Chukwudi/Chuckwudi>Chudi Ebuka/Ebuca Efosa/Efoza Femi/Feme Ifeanyi/Ifeanyichukwu>Ify
        Ikechukwu/Ikechuku>Ike Kayode/Cayode>Kay Kelechi/Kelachi>Kele Kunle/Kunlay Nnamdi/Namdi
        Obinna/Obina>Obi Olamide/Olamidey>Ola Oluwatobiloba/Oluwatobi>Tobi Segun/Shegun
        Tochukwu/Tochuku>Tochi Uche/Uchey Yinka/Yincka Kojo/Cojo Kwabena/Kwabina Kwaku/Quaku
        Yaw/Yaaw Ebo/Eboe Fiifi/Fifi Tinashe/Tinache Tawanda/Tawander Blessing
        Takudzwa/Tacudzwa>Taku Simba/Simbarashe Kudakwashe/Kudaquashe>Kuda Themba/Temba Sipho/Sifo
        Mandla/Mandhla
        """,
        girls="""
        Abimbola/Abimbolah>Bimbo Adaobi/Adaobe>Ada Adanna/Adana Amarachi/Amarachy>Amara
        Bolanle/Bolanley>Bola Chidinma/Chidima Chinyere/Chinyerey Ebele/Ebeley Efua/Efuah Esi/Essi
        Funmilayo/Funmilaiyo>Funmi Ifeoma/Ifoma>Ify Ijeoma/Ijoma>IJ Kemi/Kemmi Modupe/Modupeh>Dupe
        Nkechi/Nkechy>Kechi Nneka/Neka Obiageli/Obiageri>Oby Olajumoke/Olajumokey>Jumoke
        Omolara/Omolarah>Lara Onyinye/Onyinyechi>Onyi Simisola/Simisolah>Simi
        Titilayo/Titilaiyo>Titi Uju/Ujuh Yetunde/Yetundey>Yetty Akosua/Akossua Akua/Akwa Ama/Amma
        Adwoa/Adjoa Rudo/Rudoh Tsitsi/Tsitsy Nyasha/Niasha Chipo/Chippo Nomsa/Nomsah
        Thandiwe/Thandive>Thandi Zanele/Zaneleh
        """,
        families="""
        Abiola/Abiolah Achebe/Acheby Adebisi/Adebissi Adeleke/Adelekey Afolabi/Afolaby
        Akinola/Akinolah Amadi/Ammadi Anyanwu/Anyanu Appiah/Apia Asamoah/Asamoa Awolowo/Awolow
        Bankole/Bankoleh Chukwu/Chuku Danso/Danzo Eze/Ezeh Ezekiel/Ezequiel Frimpong/Frempong
        Igwe/Iguwe Kamara/Camara Lawal/Lawaal Nwosu/Nwosoo Obi/Obie Odukoya/Oducoya Ogunleye/Ogunley
        Okeke/Okekeh Okonkwo/Okonquo Olaniyan/Olanian Onyeka/Onieka Opoku/Opuku Osei/Osey/Ossei
        Owusu/Owusoo Quaye/Kwaye Sesay/Sessay Uzoma/Ouzoma Chikwanha/Chiquana Dube/Duby
        Mutasa/Mutassa Mpofu/Mpofoo Sibanda/Sibander Zulu/Zoulou
        """,
    ),
    Community(
        share=6,
        habit="romanian",
        boys="""
        Adrian Alin Bogdan>Bogdi Cătălin/Catalin>Cata Claudiu Cosmin Costin Dănuț/Danut Darius
        Dragoș Eduard>Edi Emilian Eugen Felix Gheorghe>Gigi,Ghita Horia Iulian Lucian Luca Marius
        Matei Nicolae>Nicu Octavian>Tavi Ovidiu Petru Radu Robert Rareș Sebastian>Sebi Sorin Tudor
        Valentin>Vali Victor Viorel Vlad>Vladut
        """,
        girls="""
        Adina Alina Anamaria>Ana Antonia Camelia>Cami Carmen Corina Cristina>Cristi Denisa Diana
        Doina Dorina Elisabeta>Beta Eliza Florentina>Flori Gabriela>Gabi Georgiana>Geo Iulia Larisa
        Lavinia Lidia Liliana Loredana>Lori Luminița Mădălina>Mada Magdalena Mihaela>Miha Mirela
        Monica Nicoleta>Nico Oana Paula Rodica Roxana>Roxi Sorina Teodora>Teo Valentina Violeta
        """,
        families="""
        Albu Anghel Bălan Barbu Bogdan Bratu Chiriac Ciobanu Cojocaru Cozma Cristea Croitoru Diaconu
        Dinu Dobre Dragomir Dragan Enache Florescu Georgescu Grigore Iliescu Iordache Lupu Manole
        Mihăilescu Mocanu Moldovan Negrea Neagu Nistor Oprea Pavel Petrescu Pop Preda Radulescu Rusu
        Sârbu Stoica Șerban Tănase Toma Ungureanu Văduva Vasilescu Zamfir
        """,
    ),
    Community(
        share=22,
        boys="""
        Aaron/Aron Adam Alfie/Alfy Archie/Archy Arthur>Art Bradley/Bradly>Brad Cameron/Camron>Cam
        Charles>Charlie,Chas Dylan/Dillon Ethan Finley/Finlay>Fin Frederick/Fredrick>Fred,Freddie
        Geoffrey/Jeffrey>Geoff Gregory>Greg Isaac/Isaak>Zac Jayson/Jason Jeremy>Jez
        Jonathan/Johnathan>Jon Kieran/Keiran/Ciaran Leonard>Len,Lenny Leo Liam Louis/Lewis Luke/Luc
        Marcus/Markus Max Michael/Micheal>Mike,Mick Nathan>Nate Noah Oscar/Oskar Patrick>Paddy,Pat
        Peter>Pete Philip/Phillip>Phil Reuben/Ruben Richard>Rick,Dick Riley/Reilly Rory/Rori
        Samuel>Sam Sean/Shaun/Shawn Stephen/Steven>Steve Stuart/Stewart>Stu Theo Timothy>Tim
        Toby/Tobie Zachary/Zackary>Zac
        """,
        girls="""
        Alice/Alyce Amy/Aimee Anna/Ana Beatrice>Bea Caitlin/Kaitlyn/Catelyn>Cait
        Catherine/Kathryn>Cath,Kate Chloe/Cloe Christine/Kristine>Chris Daisy/Daisie Darcey/Darcy
        Deborah/Debra>Debbie Eleanor/Elinor>Ellie,Nell Erin/Eryn Evelyn/Evelin>Evie Florence>Flo
        Francesca>Fran,Frankie Freya/Freyja Georgia/Jorja>Georgie Gemma/Jemma
        Harriet/Harriett>Hattie Hayley/Hailey/Haley Holly/Holli Imogen/Imogin>Immy Ivy/Ivie
        Jessica/Jessika>Jess Katie/Katy/Kati Lucy/Lucie Lily/Lilly Martha/Marthe Millie/Milly
        Molly/Mollie Niamh/Neve/Neave Phoebe/Pheobe Poppy/Poppie Rachel/Rachael Rosie/Rosey
        Ruby/Rubie Sara/Sarah Scarlett/Scarlet>Scar Sienna/Siena Siobhan/Shivaun Susan/Suzan>Sue
        Theresa/Teresa>Tess Tilly/Tillie Zoe/Zoey
        """,
        families="""
        Adams/Addams Allen/Allan Anderson/Andersen Atkins/Adkins Bailey/Baily/Bayley Barnes/Barns
        Bennett/Bennet Carter Chapman Collins/Colins Cook/Cooke Cox Davidson/Davison Dean/Deane
        Dixon/Dickson Edwards Ellis/Elis Evans/Evens Fisher Fletcher Foster Fraser/Frazer Gibson
        Graham/Grahame Gray/Grey Griffiths/Griffith Harvey Hughes/Hughs Hunt/Hunte Jenkins Kennedy
        Kelly/Kelley Knight/Night Lloyd/Loyd Marshall/Marshal Martin/Martyn Mason Matthews/Mathews
        MacDonald/McDonald Mitchell/Mitchel Morgan Nicholls/Nichols O'Brien/OBrien O'Connor/OConnor
        O'Neill/O'Neil Owen/Owens Palmer Parker Pearson/Pierson Phillips Powell Price/Pryce Reynolds
        Richardson Rogers/Rodgers Russell/Russel Scott Shaw/Shore Simpson Stevens/Stephens Stone
        Turner Watson Watts Webb Wells West Wilson/Willson Wood/Woods
        """,
    ),
    Community(
        share=4,
        habit="caribbean",
        boys="""
        Andre/Andrae Anton/Antone Dwayne/Duane Curtis/Kurtis Delroy/Delroi Devante/Devonte Dion/Deon
        Jermaine/Germaine Kadeem/Kadim Keiron/Kieron Kemar/Keymar Leroy/Leeroy Marlon/Marlen
        Nathanael/Nathaniel>Nate Omari/Omarie Rasheed/Rashid Rohan/Rowan Shaquille/Shaqueel>Shaq
        Tyrone/Tyron>Ty Tyrell/Tyrelle Winston/Winsten Zion/Zyon Malik/Maleek Rio/Reo
        """,
        girls="""
        Aaliyah/Aliyah/Aleeyah Alisha/Aleesha Beverley/Beverly>Bev Candice/Kandice Chanel/Shanel
        Cherelle/Sherelle Dionne/Dion Ebony/Eboni Jada/Jayda Jasmyn/Jazmin Keisha/Kiesha
        Kimani/Kymani Latoya/Letoya>Toya Leticia/Letitia>Tish Makayla/Mikayla/Michaela Monique/Monik
        Nevaeh/Neveah Renee/Rene Rochelle/Rochell Shakira/Shakeera Shanelle/Chanelle Sherice/Cherise
        Tamara/Tamera Tiana/Tianna Yolanda/Yolander
        """,
        families="""
        Alleyne/Alleyn Bartley/Bartly Blake Brathwaite/Braithwaite Burke/Burk Daley/Daly
        Dacosta/Da_Costa Edmondson/Edmonson Fearon/Fearan Ferguson/Fergusson Forbes Gayle/Gale
        Henry/Henri Hinds/Hines Joseph/Josef Lindo/Lyndo Marley Maynard/Mainard McKenzie/MacKenzie
        McIntosh/MacIntosh Morrison/Morison Nelson Pinnock/Pinock Powell Reece/Reese Samuels
        Sinclair/St_Clair Stewart/Stuart Thomas/Tomas Wallace/Wallis Whyte
        """,
    ),
    Community(
        share=4,
        habit="portuguese",
        boys="""
        Afonso/Alfonso Bruno Diogo Duarte Fábio Francisco>Chico Gonçalo/Goncalo Guilherme>Gui
        Henrique Hugo João/Joao Jorge José>Zé,Ze Leandro Luís/Luiz Manuel>Manel Miguel Nuno Paulo
        Pedro Rafael>Rafa Ricardo>Rick Rodrigo Rui Salvador Tiago/Thiago Tomás Vasco
        """,
        girls="""
        Ana Beatriz>Bia Bárbara Carolina Catarina>Cati Cláudia Eduarda Fernanda Filipa Helena
        Inês/Ines Joana Leonor Letícia Luísa/Luiza Madalena Mafalda Margarida>Guida Mariana Matilde
        Rafaela Raquel Rita Sofia/Sophia Soraia/Soraya Teresa>Teresinha Vitória
        """,
        families="""
        Almeida Alves Andrade Araújo Barbosa Borges Cardoso Carvalho Castro Costa Cunha Dias
        Fernandes/Fernandez Ferreira Fonseca Freitas Gomes/Gomez Gonçalves/Gonsalves Lopes/Lopez
        Machado Marques/Marquez Martins Mendes/Mendez Monteiro Moreira Neves Nogueira Nunes/Nunez
        Oliveira Pereira Pinto Ramos Ribeiro Rocha Rodrigues/Rodriguez Santos Silva Soares
        Sousa/Souza Tavares Teixeira Vieira Xavier
        """,
    ),
    Community(
        share=3,
        habit="baltic",
        boys="""
        Andrius Arturas Darius Dainius Deividas Domantas Edgaras Gintaras Jonas Justas Karolis
        Kęstutis Lukas Mantas Marius Martynas Nerijus Nojus Paulius Rokas Rytis Saulius Simonas
        Tomas Vytautas
        """,
        girls="""
        Agnė Aistė Asta Austėja Dalia Daiva Eglė Emilija Gabija Goda Ieva Inga Jolanta Jūratė
        Karolina Kristina Laima Laura Milda Miglė Neringa Rasa Rūta Ugnė Urtė Viktorija Žydrė
        """,
        families="""
        Adomaitis Balčiūnas Butkus Jankauskas Kavaliauskas Kazlauskas Lukošius Mažeika Navickas
        Paulauskas Petrauskas Rimkus Sakalauskas Stankevičius Urbonas Vasiliauskas Žukauskas
        """,
    ),
    Community(
        share=3,
        boys="""
        Abdul_Wali/Abdulwali Ahmadullah/Ahmad_Ullah Asadullah/Asad_Ullah Esmatullah/Ismatullah
        Farhad/Ferhad Gulbuddin/Gulbudin Habibullah/Habib_Ullah Hekmat/Hikmat Jawid/Jaweed
        Mirwais/Mir_Wais Najibullah/Najeeb_Ullah>Najib Nasratullah/Nusratullah Noorullah/Nurullah
        Obaidullah/Ubaidullah Rahmatullah/Rahmat_Ullah Sayed/Said Shafiqullah/Shafeeq_Ullah
        Shahwali/Shah_Wali Sibghatullah/Sebghatullah Wahidullah/Waheed_Ullah Zabihullah/Zabi_Ullah
        Azadeh Baran Dilan Kawa/Kaveh Mehmet/Mehmed Mert Yiğit/Yigit Özgür/Ozgur Şahin/Sahin
        Çağlar/Caglar
        """,
        girls="""
        Arezo/Arezoo/Arzu Benafsha/Banafsheh Farishta/Fereshta Freshta/Frishta Friba/Fariba
        Gulalai/Gul_Alai Homa/Huma Khatera/Khatira Lailuma/Layloma Mahbooba/Mahbuba Malalai/Malala
        Marzia/Marziya Nilofar/Nelofer Parwana/Parvana Roya/Ruya Shabnum/Shabnam Shukria/Shukriya
        Sitara/Setara Spozhmai/Spogmai Storai/Storay Zarghuna/Zarghona Ayşe/Ayse Elif Gülşen/Gulsen
        Özlem/Ozlem Şeyma/Seyma Zeynep/Zainep Rojin/Rozhin
        """,
        families="""
        Achakzai/Achekzai Ahmadzai/Ahmedzai Alizai/Ali_Zai Amiri/Ameri Azizi/Azizy Barakzai/Barekzai
        Faizi/Fayzi Ghafoori/Ghafuri Haidari/Haydari Hakimi/Hakeemi Hotak/Hotaki Karimi/Kareemi
        Mohammadi/Muhammadi Mohmand/Momand Nazari/Nazary Noori/Nuri Popal/Popalzai Rahimi/Raheemi
        Rasooli/Rasuli Safi/Saffi Stanikzai/Stanekzai Wardak/Vardak Yousefi/Yusufi Zadran/Jadran
        Yılmaz/Yilmaz Öztürk/Ozturk Çelik/Celik Şimşek/Simsek Doğan/Dogan Kılıç/Kilic
        """,
    ),
    Community(
        share=3,
        habit="bengali",
        boys="""
        Abul/Abol Ashraful/Ashraf_Ul Aminul/Amin_Ul Faruk/Farooq Jahangir/Jahangeer Kamrul/Kamral
        Mizanur/Mizan Monirul/Munirul Nazmul/Najmul Rafiqul/Rafikul Rakib/Raqib Saiful/Saifull
        Shafiul/Shofiul Shakil/Shakeel Tanvir/Tanveer Thanush/Dhanush Kaviraj/Kaveeraj Sujan/Sujahn
        Bibek/Vivek Prabin/Praveen
        """,
        girls="""
        Afroza/Afroja Anwara/Anowara Dilara/Dilruba Fahmida/Fahmeeda Jannatul/Jannat Khaleda/Khalida
        Lutfa/Lutfun Mahfuza/Mahfuja Monowara/Munawara Nasima/Naseema Nazma/Najma Parvin/Parveen
        Rahela/Raheela Rokeya/Ruqaiya Sabina/Sabeena Shirin/Shireen Sultana/Soltana Tahmina/Tahmeena
        Abirami/Abhirami Dharshini/Darshini Tharani/Dharani Sabitri/Savitri Laxmina/Lakshmina
        """,
        families="""
        Ahad/Ahaad Alam/Aalam Biswas/Viswas Chowdhury/Choudhry/Chaudhuri Haque/Hoque/Haq Islam/Eslam
        Kabir/Kobir Karmakar/Kormokar Khatun/Khatoon Mia/Miah/Meah Mollah/Molla Mondal/Mandal
        Rahman/Rohman Sarkar/Sarker Sikdar/Sikder Talukdar/Talukder Uddin/Udin Gurung/Gurong
        Shrestha/Srestha Tamang/Tamangh Thapa/Tapa Sivakumar/Shivakumar Selvarajah/Selvaraja
        Thiruchelvam/Tiruchelvam
        """,
    ),
    Community(
        share=3,
        boys="""
        Agron Arben Artan Besnik Dritan Ermal Fatmir Gentian Ilir Kastriot Luan Shkëlzen/Shkelzen
        Valon Georgi/Georgy Dimitar/Dimiter>Mitko Ivaylo/Ivailo Plamen Stoyan/Stojan Todor
        Yordan/Jordan Zlatko Wei_Ming/Weiming Jun_Hao/Junhao Xiang/Hsiang Zhi/Chih Minh Quang Tuan
        Bao Andriy/Andrii/Andrej Oleksandr/Olexandr>Sasha Volodymyr/Vladimir>Vova Dmytro/Dmitri>Dima
        """,
        girls="""
        Albana Blerta Drita Elira Fjolla Mimoza Teuta Vjosa Desislava/Dessislava>Desi Gergana Iva
        Kalina Milena Radka Tsvetelina/Cvetelina>Tsveti Mei_Ling/Meiling Xiao_Yan/Xiaoyan
        Yu_Ting/Yuting Huong Linh Thuy Oksana/Oxana Yuliia/Julia/Yulia Kateryna/Katerina>Katya
        Nataliya/Natalia>Natasha Svitlana/Svetlana>Sveta
        """,
        families="""
        Berisha Gashi Hoxha/Hodja Krasniqi/Krasnici Shala Xhaka/Dzhaka Çela/Cela Angelov Dimitrov
        Georgiev Hristov/Christov Ivanov Nikolov Petkov Stoyanov/Stojanov Todorov Chen/Chan/Chin
        Huang/Hwang/Wong Li/Lee Liu/Lau Wang/Vong Zhang/Chang Zhou/Chou Nguyen/Nguen Pham Tran
        Kovalenko/Kowalenko Shevchenko/Shevtchenko Bondarenko Tkachenko/Tkatchenko
        """,
    ),
)
